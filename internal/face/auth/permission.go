// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"slices"
	"time"
)

// Permission is one thing that a caller may do. Routes name the one they need.
type Permission string

// The permissions.
const (
	ViewAudit Permission = "security.view_audit" // read events, alerts, statistics
	Manage    Permission = "security.manage"     // work alerts, change settings and tokens
	Ingest    Permission = "ingest"              // send events
)

// Role is what a user is.
type Role string

// The roles of users.
const (
	Viewer  Role = "viewer"
	Analyst Role = "analyst"
	Admin   Role = "admin"
)

// Scope is what an API token is for.
type Scope string

// The scopes of API tokens.
const (
	ScopeIngest Scope = "ingest"
	ScopeRead   Scope = "read"
	ScopeManage Scope = "manage"
)

// Scopes lists the scopes there are.
func Scopes() []Scope { return []Scope{ScopeIngest, ScopeRead, ScopeManage} }

// granted is the one table of who may do what: by role of a user and by scope of
// a token. What is not here is not allowed. (An admin may send events because an
// admin could make a token that does.)
func granted(k Kind, role string) []Permission {
	switch {
	case k == KindUser && role == string(Viewer):
		return []Permission{ViewAudit}
	case k == KindUser && role == string(Analyst):
		return []Permission{ViewAudit, Manage}
	case k == KindUser && role == string(Admin):
		return []Permission{ViewAudit, Manage, Ingest}
	case k == KindToken && role == string(ScopeRead):
		return []Permission{ViewAudit}
	case k == KindToken && role == string(ScopeManage):
		return []Permission{ViewAudit, Manage}
	case k == KindToken && role == string(ScopeIngest):
		return []Permission{Ingest}
	default:
		return nil
	}
}

// Kind tells people from programs.
type Kind uint8

// The kinds of callers. The zero value is nobody.
const (
	KindNone Kind = iota
	KindUser
	KindToken
)

// Principal is an authenticated caller.
type Principal struct {
	Kind Kind
	// ID is the id of the user or of the token.
	ID string
	// Name is the name of the user or of the token.
	Name string
	// Owner is the person behind it: the user's own name, or who made the token.
	Owner string
	// Role is the user's role or the token's scope.
	Role string
	// Session is the id of the login session, "" for a token.
	Session string
	// Expires is when the caller has to come back with something new; zero = never.
	Expires time.Time
}

// Permissions lists what the caller may do.
func (p Principal) Permissions() []Permission { return granted(p.Kind, p.Role) }

// May tells whether the caller has the permission.
func (p Principal) May(want Permission) bool {
	return slices.Contains(granted(p.Kind, p.Role), want)
}

// Handle names what has to be revoked to end this caller's access: the session,
// or the token.
func (p Principal) Handle() string {
	if p.Kind == KindUser {
		return p.Session
	}
	return p.ID
}
