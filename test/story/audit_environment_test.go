// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// auditLine is a line of the operator's log about a write to Clerk, as docs/reference/audit.md describes it.
type auditLine struct {
	Message         string   `json:"msg"`
	Logger          string   `json:"logger"`
	Level           string   `json:"level"`
	Audit           bool     `json:"audit"`
	Kind            string   `json:"kind"`
	Namespace       string   `json:"namespace"`
	Name            string   `json:"name"`
	UID             string   `json:"uid"`
	Generation      int64    `json:"generation"`
	ClerkInstance   string   `json:"clerkInstance"`
	ClerkInstanceID string   `json:"clerkInstanceID"`
	ClerkUserID     string   `json:"clerkUserID"`
	Change          string   `json:"change"`
	Operation       string   `json:"operation"`
	Fields          []string `json:"fields"`
	Cause           string   `json:"cause"`
	Outcome         string   `json:"outcome"`
	Status          int      `json:"status"`
	DurationMillis  *int64   `json:"durationMillis"`
	ReconcileID     string   `json:"reconcileID"`
}

// deed is what a reader of an audit line learns: for which object and spec, why, what, with which outcome, and to which user.
type deed struct {
	Object     string
	Generation int64
	Cause      string
	What       string
	Outcome    string
	UserID     string
}

// auditLines are the audit lines in the operator's log, in order.
func (env *environment) auditLines() []auditLine {
	env.t.Helper()
	var lines []auditLine
	for text := range strings.Lines(env.infos.String()) {
		var line auditLine
		if err := json.Unmarshal([]byte(text), &line); err != nil || !line.Audit {
			continue
		}
		if line.Message != "clerk write" || line.Logger != "audit" || line.Level != "info" || line.Namespace != env.namespace || line.UID == "" ||
			line.ClerkInstance != env.namespace+"/default" || line.ClerkInstanceID != env.clerk.ID() || line.DurationMillis == nil || line.ReconcileID == "" {
			env.t.Errorf("the audit line lacks something: %s", text)
		}
		lines = append(lines, line)
	}
	return lines
}

// tell reconstructs from audit lines what was done.
func tell(lines []auditLine) []deed {
	var deeds []deed
	for _, l := range lines {
		what := strings.TrimSpace(l.Change + " " + strings.Join(l.Fields, " "))
		deeds = append(deeds, deed{l.Kind + " " + l.Name, l.Generation, l.Cause, what, l.Outcome, l.ClerkUserID})
	}
	return deeds
}

// requestOf are the method and the path of each operation that a story makes; %s is the id of the user, * any id.
func requestOf(operation, userID string) string {
	paths := map[string]string{
		"create_user": "POST /v1/users", "update_user": "PATCH /v1/users/%s", "delete_user": "DELETE /v1/users/%s",
		"merge_metadata": "PATCH /v1/users/%s/metadata", "replace_metadata": "PUT /v1/users/%s/metadata",
		"ban_user": "POST /v1/users/%s/ban", "unban_user": "POST /v1/users/%s/unban",
		"create_email_address": "POST /v1/email_addresses", "disable_mfa": "DELETE /v1/users/%s/mfa",
		"verify_password": "POST /v1/users/%s/verify_password",
	}
	path, found := paths[operation]
	if !found {
		return "unknown operation " + operation
	}
	if strings.Contains(path, "%s") {
		return fmt.Sprintf(path, userID)
	}
	return path
}

// expectJournal checks that each write that reached Clerk has exactly one audit line, with the same status, in the same order.
func (env *environment) expectJournal(lines []auditLine) {
	env.t.Helper()
	var received, told []string
	for _, e := range env.clerk.Journal().Writes() {
		received = append(received, fmt.Sprintf("%s %s %d", e.Method, e.Path, e.Status))
	}
	for _, l := range lines {
		told = append(told, fmt.Sprintf("%s %d", requestOf(l.Operation, l.ClerkUserID), l.Status))
	}
	if diff := cmp.Diff(received, told); diff != "" {
		env.t.Errorf("the writes that Clerk received, and those of which audit lines tell (-received +told):\n%s", diff)
	}
}

// expectAuditLines checks that no write that reached Clerk lacks an audit line, as far as the story kept the journal. It checks nothing
// if the story has its own logger.
func (env *environment) expectAuditLines() {
	env.t.Helper()
	log := env.infos.String()
	received, told := env.clerk.Journal().Writes(), strings.Count(log, `"audit":true`)
	if log != "" && told < len(received) {
		env.t.Errorf("Clerk received %d writes, and audit lines tell of %d", len(received), told)
	}
}

// expectKnownCauses checks that the operator logged no write without saying for whom and why it was made.
func (env *environment) expectKnownCauses() {
	env.t.Helper()
	for text := range strings.Lines(env.infos.String()) {
		if strings.Contains(text, `"cause":"unknown"`) {
			env.t.Errorf("a write has no cause: %s", text)
		}
	}
}

// causesOf are the change and the cause of each audit line.
func causesOf(lines []auditLine) []string {
	var causes []string
	for _, l := range lines {
		causes = append(causes, l.Change+" "+l.Cause)
	}
	return causes
}
