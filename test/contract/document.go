// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// document is Clerk's document with a router that finds the operation of a request. It does not change.
type document struct {
	text   *openapi3.T
	router routers.Router
}

// readDocument loads and adapts the document at the path.
func readDocument(path string) (*document, error) {
	text, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading Clerk's OpenAPI document: %w", err)
	}
	if err := recognize(text); err != nil {
		return nil, fmt.Errorf("reading Clerk's OpenAPI document %s: %w", path, err)
	}
	if err := adapt(text); err != nil {
		return nil, fmt.Errorf("adapting Clerk's OpenAPI document %s: %w", path, err)
	}
	// The emulator does not listen at the servers that the document names.
	text.Servers = openapi3.Servers{{URL: emulator.BasePath}}
	router, err := gorillamux.NewRouter(text)
	if err != nil {
		return nil, fmt.Errorf("reading the paths of Clerk's OpenAPI document: %w", err)
	}
	return &document{text: text, router: router}, nil
}

// recognize returns an error unless the document is Clerk's for the version.
func recognize(text *openapi3.T) error {
	if text.Info == nil || text.Info.Version != Version {
		return errors.New("it is not of API version " + Version)
	}
	if text.Paths.Value("/users/{user_id}") == nil {
		return errors.New("it has no users")
	}
	return nil
}

// operation is an operation of the document, with the values of a request's path.
type operation struct {
	*routers.Route

	parameters map[string]string
}

// find returns the operation of a request, or nil.
func (d *document) find(r *http.Request) *operation {
	route, parameters, err := d.router.FindRoute(r)
	if err != nil {
		return nil
	}
	return &operation{Route: route, parameters: parameters}
}

// declared returns the parameters of the operation and of its path.
func (o *operation) declared() openapi3.Parameters {
	all := o.Operation.Parameters
	for _, parameter := range o.PathItem.Parameters {
		if all.GetByInAndName(parameter.Value.In, parameter.Value.Name) == nil {
			all = append(slices.Clip(all), parameter)
		}
	}
	return all
}
