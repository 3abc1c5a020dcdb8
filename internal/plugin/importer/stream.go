// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/plugin/manifest"
)

// output is where the manifests go.
type output interface {
	// begin is called once, before anything is written, when users have been read.
	begin() error
	// write writes one manifest.
	write(m manifest.ClerkUser) error
	// endPage is called after each page, with what an import needs that continues here.
	endPage(p position) error
	// end is called when all users are done.
	end() error
}

// position is how far an import is.
type position struct {
	// Cursors are the users after which Clerk's list continues.
	Cursors []string `json:"cursors"`
	Counts  counts   `json:"counts"`
}

// stream writes the manifests to standard output.
type stream struct {
	out  *bufio.Writer
	json bool
	// separator is what comes before the next manifest.
	separator string
}

func newStream(out io.Writer, format cli.Output) *stream {
	return &stream{out: bufio.NewWriter(out), json: format == cli.OutputJSON}
}

const (
	listStart = `{"apiVersion":"v1","kind":"List","items":[`
	listEnd   = "\n]}\n"
)

func (s *stream) begin() error {
	if s.json {
		s.separator = listStart + "\n"
	}
	return nil
}

func (s *stream) write(m manifest.ClerkUser) error {
	var text []byte
	var err error
	next := "---\n"
	if s.json {
		text, err = json.Marshal(m)
		next = ",\n"
	} else {
		text, err = m.YAML()
	}
	if err != nil {
		return fmt.Errorf("encoding the manifest of %s: %w", m.Metadata.Name, err)
	}
	// The buffer keeps its first error for Flush.
	_, _ = s.out.WriteString(s.separator)
	_, _ = s.out.Write(text)
	s.separator = next
	return nil
}

func (s *stream) endPage(position) error { return s.flush() }

func (s *stream) end() error {
	if s.json {
		if s.separator == listStart+"\n" {
			_, _ = s.out.WriteString(listStart)
		}
		_, _ = s.out.WriteString(listEnd)
	}
	return s.flush()
}

func (s *stream) flush() error {
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("writing the manifests: %w", err)
	}
	return nil
}
