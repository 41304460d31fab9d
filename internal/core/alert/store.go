// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"context"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ErrNotFound means that there is no anomaly, alert or rule of that id.
var ErrNotFound = errors.New("not found")

// ErrInvalid means that the request itself is wrong; the text names the field.
var ErrInvalid = errors.New("invalid")

// ConflictError means that the state of something does not allow what was asked.
type ConflictError struct {
	ID     string
	Status Status // the state that it is in
	Action string // acknowledge or resolve
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("cannot %s %s: it is %s", e.Action, e.ID, e.Status)
}

// AnomalyFilter selects anomalies; an empty list does not restrict.
type AnomalyFilter struct {
	IDs        []string
	Types      []string
	Severities []event.Severity
	Statuses   []Status
	Entity     string // exact value
	Window
}

// AlertFilter selects alerts; an empty list does not restrict.
type AlertFilter struct { //nolint:revive // the pair of AnomalyFilter
	Rules      []string
	Severities []event.Severity
	Statuses   []Status
	Entity     string // exact value
	Window
}

// Window is the part of a list that is asked for, newest first. Limit 0 is
// DefaultLimit, more than MaxLimit is ErrInvalid. Cursor is a page's Next;
// Offset skips and cannot be joined with Cursor.
type Window struct {
	Limit  int
	Cursor string
	Offset int
}

// The limits of a page.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Page is one part of a list. Next is empty on the last page; Total counts all
// that the filter selects.
type Page[T any] struct {
	Items []T
	Next  string
	Total int64
}

// Work is what a person does to an anomaly or alert. At is in nanoseconds since
// 1970 UTC.
type Work struct {
	By    string
	At    int64
	Notes string
}

// Resolution ends an anomaly or alert. KeepAnomalies leaves an alert's anomalies
// open (the API's resolve_anomalies is its opposite). An empty Reason is one that
// nobody gave.
type Resolution struct {
	Work
	Reason        Reason
	KeepAnomalies bool
}

// Counts are numbers by severity.
type Counts map[event.Severity]int64

// Statistics are the figures of the alert page.
type Statistics struct {
	ByStatus   map[Status]int64
	BySeverity Counts // of active and acknowledged alerts
	ByRule     map[string]int64
	ByReason   map[Reason]int64
	Total      int64
	Suppressed int64
	// MeanAcknowledge and MeanResolve are mean times from Created, in
	// nanoseconds; 0 when nothing was acknowledged or resolved.
	MeanAcknowledge, MeanResolve int64
}

// Change is what a commit or a person's work changed: the new states.
type Change struct {
	Anomalies []Anomaly
	Alerts    []Alert
}

// Store keeps anomalies, alerts and alert rules. All methods may be called
// concurrently; each is one transaction. What is returned belongs to the caller.
// Errors wrap ErrNotFound, ErrInvalid or a *ConflictError where these apply.
type Store interface {
	Anomaly(ctx context.Context, id string) (Anomaly, error)
	Anomalies(ctx context.Context, f AnomalyFilter) (Page[Anomaly], error)
	ResolveAnomaly(ctx context.Context, id string, r Resolution) (Anomaly, error)

	Alert(ctx context.Context, id string) (Alert, error)
	Alerts(ctx context.Context, f AlertFilter) (Page[Alert], error)
	Acknowledge(ctx context.Context, id string, w Work) (Alert, error)
	Resolve(ctx context.Context, id string, r Resolution) (Alert, error)
	AlertStatistics(ctx context.Context) (Statistics, error)

	// AlertRules lists the rules in the order in which they are applied.
	AlertRules(ctx context.Context) ([]Rule, error)
	// PutAlertRule changes an existing rule; its type cannot change.
	PutAlertRule(ctx context.Context, r Rule) error

	// OpenAnomalies counts open anomalies by severity, for Score.
	OpenAnomalies(ctx context.Context) (Counts, error)
}
