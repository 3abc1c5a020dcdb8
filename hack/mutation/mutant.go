// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one change of a file: the text between two offsets is replaced.
type mutant struct {
	file       string
	function   string
	begin, end int
	original   string
	broken     string
}

// String names the mutant without line numbers, so that the name stays the same when code moves.
func (m mutant) String() string {
	return fmt.Sprintf("%s %s: %s -> %s", filepath.Base(m.file), m.function, oneLine(m.original), oneLine(m.broken))
}

// source returns the changed file.
func (m mutant) source() ([]byte, error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return nil, err
	}
	return slices.Concat(text[:m.begin], []byte(m.broken), text[m.end:]), nil
}

// findMutants returns the mutants of a file, or of all files of the package in a directory except tests.
func findMutants(target string) ([]mutant, error) {
	if strings.HasSuffix(target, ".go") {
		return mutantsOf(target)
	}
	files, err := filepath.Glob(filepath.Join(target, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(filepath.Base(file), "zz_generated.") {
			continue
		}
		found, err := mutantsOf(file)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func mutantsOf(file string) ([]mutant, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	positions := token.NewFileSet()
	tree, err := parser.ParseFile(positions, file, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var found []mutant
	for _, declaration := range tree.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Body == nil {
			continue
		}
		ast.Inspect(function.Body, func(node ast.Node) bool {
			for _, b := range breaks(node) {
				begin, end := positions.Position(b.begin).Offset, positions.Position(b.end).Offset
				original := string(text[begin:end])
				found = append(found, mutant{
					file: file, function: function.Name.Name, begin: begin, end: end,
					original: original, broken: strings.ReplaceAll(b.with, "$", original),
				})
			}
			return true
		})
	}
	return found, nil
}

// replacement is a part of the source and its replacement, in which $ is the part itself.
type replacement struct {
	begin, end token.Pos
	with       string
}

// breaks returns the changes of one node.
func breaks(node ast.Node) []replacement {
	switch n := node.(type) {
	case *ast.IfStmt:
		return []replacement{{n.Cond.Pos(), n.Cond.End(), "($) && false"}, {n.Cond.Pos(), n.Cond.End(), "($) || true"}}
	case *ast.BinaryExpr:
		if other, ok := opposite(n.Op); ok {
			return []replacement{{n.OpPos, n.OpPos + token.Pos(len(n.Op.String())), other}}
		}
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			return []replacement{{n.OpPos, n.OpPos + 1, ""}}
		}
	case *ast.Ident:
		if n.Name == "true" || n.Name == "false" {
			return []replacement{{n.Pos(), n.End(), "!$"}}
		}
	case *ast.ExprStmt:
		return []replacement{{n.Pos(), n.End(), ""}}
	case *ast.AssignStmt:
		if n.Tok == token.ASSIGN && len(n.Lhs) == 1 {
			return []replacement{{n.Pos(), n.End(), "_ = " + "func() { $ }"}}
		}
	}
	return nil
}

// opposite returns an operator with the same operands and another result.
func opposite(operator token.Token) (string, bool) {
	others := map[token.Token]token.Token{
		token.EQL: token.NEQ, token.NEQ: token.EQL, token.LSS: token.GEQ, token.GEQ: token.LSS,
		token.GTR: token.LEQ, token.LEQ: token.GTR, token.LAND: token.LOR, token.LOR: token.LAND,
	}
	other, ok := others[operator]
	return other.String(), ok
}

func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
