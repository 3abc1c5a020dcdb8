// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// none is the table cell for a missing value.
const none = "-"

// usersTable shows users as Clerk stores them. It shows only the keys of metadata, because the values may be
// confidential.
func usersTable(users []*emulator.User) string {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 8, 3, ' ', 0)
	fmt.Fprintln(table, "ID\tEMAIL\tNAME\tBANNED\tLOCKED\tPUBLIC METADATA")
	for _, user := range users {
		keys := strings.Join(slices.Sorted(maps.Keys(user.PublicMetadata)), ",")
		fmt.Fprintf(table, "%s\t%s\t%s\t%t\t%t\t%s\n", user.ID, orNone(email(user)), orNone(name(user)),
			user.Banned, user.Locked, orNone(keys))
	}
	// Writing to a buffer does not fail.
	_ = table.Flush()
	return text.String()
}

// email returns the primary address, or the first one.
func email(user *emulator.User) string {
	for _, address := range user.EmailAddresses {
		if user.PrimaryEmailAddressID != nil && address.ID == *user.PrimaryEmailAddressID {
			return address.EmailAddress
		}
	}
	if len(user.EmailAddresses) > 0 {
		return user.EmailAddresses[0].EmailAddress
	}
	return ""
}

// name returns first and last name, or the username.
func name(user *emulator.User) string {
	var parts []string
	for _, part := range []*string{user.FirstName, user.LastName} {
		if part != nil && *part != "" {
			parts = append(parts, *part)
		}
	}
	if len(parts) == 0 && user.Username != nil {
		return *user.Username
	}
	return strings.Join(parts, " ")
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}
