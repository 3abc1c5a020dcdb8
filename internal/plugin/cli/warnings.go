// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"

	"k8s.io/client-go/rest"
)

// newWarnings shows the warnings of the API server, such as those of an admission policy, each once. By default, they would go to a
// log.
func newWarnings(out io.Writer) rest.WarningHandler {
	return rest.NewWarningWriter(warnings{out}, rest.WarningWriterOptions{Deduplicate: true})
}

// warnings writes each warning as one line without control characters.
type warnings struct{ out io.Writer }

// Write writes one warning.
func (w warnings) Write(text []byte) (int, error) {
	_, err := fmt.Fprintln(w.out, Line(string(text)))
	return len(text), err
}
