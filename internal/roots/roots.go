// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package roots has the certificate authorities by which the operator recognizes Clerk.
//
// The container image has no files of its own for them. The first of these that has a certificate is used, and the others
// are not added to it:
//
//  1. the file that SSL_CERT_FILE names and the directories that SSL_CERT_DIR names
//  2. the usual files of Linux distributions, such as /etc/ssl/certs/ca-certificates.crt, where they are mounted
//  3. Mozilla's list, which is compiled in
//
// GODEBUG=x509usefallbackroots=1 would have the third come first. Nothing here sets it: an authority that somebody mounted is
// meant to be used.
package roots

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	_ "golang.org/x/crypto/x509roots/fallback" // Mozilla's list
)

// The variables by which Go finds certificate authorities.
const (
	fileVariable      = "SSL_CERT_FILE"
	directoryVariable = "SSL_CERT_DIR"
)

// Check returns an error if SSL_CERT_FILE or SSL_CERT_DIR is set and has no certificate. Go would ignore the variable and
// trust the list that is compiled in, although somebody wanted to trust these authorities only.
func Check() error {
	if file := os.Getenv(fileVariable); file != "" {
		text, err := os.ReadFile(file) //nolint:gosec // who sets the variable chooses the file
		if err != nil {
			return fmt.Errorf("%s: reading certificates, which must be in PEM format: %w", fileVariable, err)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(text) {
			return fmt.Errorf("%s: %s has no certificate in PEM format", fileVariable, file)
		}
	}
	if list := os.Getenv(directoryVariable); list != "" && !anyCertificate(list) {
		return fmt.Errorf("%s: no file in %s has a certificate in PEM format", directoryVariable, list)
	}
	return nil
}

// anyCertificate reports whether a file of these directories, which are separated by colons, has a certificate.
func anyCertificate(list string) bool {
	for directory := range strings.SplitSeq(list, ":") {
		entries, err := os.ReadDir(directory)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			text, err := os.ReadFile(filepath.Join(directory, entry.Name())) //nolint:gosec // who sets the variable chooses the directory
			if err == nil && x509.NewCertPool().AppendCertsFromPEM(text) {
				return true
			}
		}
	}
	return false
}
