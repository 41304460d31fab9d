// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"context"
	"time"
)

// Activity is something that was done to accounts, sessions or tokens. It becomes
// an event of the journal. Its JSON is kept in the store by commands that run
// beside a server, so members are only ever added.
type Activity struct {
	// Category is a fixed word: login_success, login_failed, logout, token_issued,
	// token_revoked, account_created, rate_limit_blocked, backup_made, data_export,
	// backup_restored.
	Category string    `json:"category"`
	Time     time.Time `json:"time"`
	Failed   bool      `json:"failed,omitempty"`
	// User is who did it, as they said.
	User      string `json:"user,omitempty"`
	IP        string `json:"ip,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
	Session   string `json:"session,omitempty"`
	// Reason says why it was refused: credentials, or throttled_ with one of the
	// words of ThrottledError.By.
	Reason string `json:"reason,omitempty"`
	// Token, Name and Scope are of the API token in question; no secret. Of a backup,
	// Name is its file and Scope says how much is in it; of an export they are what was
	// asked for and how much that is.
	Token string `json:"token,omitempty"`
	Name  string `json:"name,omitempty"`
	Scope string `json:"scope,omitempty"`
}

// The categories of activities.
const (
	LoginSuccess     = "login_success"
	LoginFailed      = "login_failed"
	Logout           = "logout"
	TokenIssued      = "token_issued"
	TokenRevoked     = "token_revoked"
	AccountCreated   = "account_created"
	RateLimitBlocked = "rate_limit_blocked"
	BackupMade       = "backup_made"
	DataAccess       = "data_access"
	DataExport       = "data_export"
	BackupRestored   = "backup_restored"
)

// Peer is where a request comes from.
type Peer struct {
	IP        string
	UserAgent string
}

// audit hands an activity on. A caller who hangs up cannot keep it from being
// recorded, so the context given on is never cancelled.
func (a *Auth) audit(ctx context.Context, did Activity) {
	a.opts.Audit(context.WithoutCancel(ctx), did)
}
