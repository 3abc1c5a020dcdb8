// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package requirements

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// definition is a CustomResourceDefinition that the operator needs.
type definition struct {
	kind, resource string
	goType         reflect.Type
}

func definitions() []definition {
	return []definition{
		{"ClerkInstance", "clerkinstances", reflect.TypeFor[v1alpha1.ClerkInstance]()},
		{"ClerkUser", "clerkusers", reflect.TypeFor[v1alpha1.ClerkUser]()},
		{"ClerkUserAction", "clerkuseractions", reflect.TypeFor[v1alpha1.ClerkUserAction]()},
	}
}

// checkDefinitions returns an error that names the CustomResourceDefinitions, and the fields of those there are, that are missing.
// It reads what the API server serves, because the operator has no right to read the definitions themselves.
//
// The API server publishes its OpenAPI document some time after a CustomResourceDefinition was created. Only the last attempt does
// without it.
func (c *Checker) checkDefinitions(ctx context.Context, last bool) error {
	missing, err := c.missingDefinitions(ctx)
	if err != nil {
		return fmt.Errorf("reading what the API server serves: %w", err)
	}
	if len(missing) > 0 {
		return &MissingDefinitionsError{Missing: missing}
	}
	fields, err := c.missingFields(ctx)
	if apierrors.IsNotFound(err) && !last {
		return err
	}
	if err != nil {
		c.logger.Info("the operator cannot compare the CustomResourceDefinitions with itself; fields that an older one lacks have no effect",
			"error", err.Error())
		return nil
	}
	if len(fields) > 0 {
		return &MissingDefinitionsError{Fields: fields}
	}
	return nil
}

// missingDefinitions returns what the API server does not serve of our kinds.
func (c *Checker) missingDefinitions(ctx context.Context) ([]string, error) {
	served, err := c.cluster.Discovery().ServerResourcesForGroupVersionWithContext(ctx, v1alpha1.GroupVersion.String())
	if apierrors.IsNotFound(err) {
		served, err = &metav1.APIResourceList{}, nil
	}
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, d := range definitions() {
		serves := func(name string) bool {
			return slices.ContainsFunc(served.APIResources, func(r metav1.APIResource) bool { return r.Name == name })
		}
		name := d.resource + "." + v1alpha1.GroupVersion.Group
		switch {
		case !serves(d.resource):
			missing = append(missing, name)
		case !serves(d.resource + "/status"):
			missing = append(missing, "subresource status of "+name)
		}
	}
	return missing, nil
}

// missingFields returns the fields that the operator uses and the API server would drop.
func (c *Checker) missingFields(ctx context.Context) ([]string, error) {
	text, err := c.cluster.Discovery().RESTClient().Get().
		AbsPath("/openapi/v3/apis/"+v1alpha1.GroupVersion.String()).SetHeader("Accept", "application/json").Do(ctx).Raw()
	if err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document of %s: %w", v1alpha1.GroupVersion, err)
	}
	found := &document{}
	if err := json.Unmarshal(text, found); err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document of %s: %w", v1alpha1.GroupVersion, err)
	}
	var missing []string
	for _, d := range definitions() {
		s := found.kind(d.kind)
		if s == nil {
			return nil, fmt.Errorf("the OpenAPI document of %s has no schema of %s", v1alpha1.GroupVersion, d.kind)
		}
		for _, field := range missingFields(d.goType, s, "") {
			missing = append(missing, d.kind+" "+field)
		}
	}
	return missing, nil
}

// MissingDefinitionsError names what the API server does not serve, and says what to do.
type MissingDefinitionsError struct {
	// Missing are CustomResourceDefinitions, or subresources of them.
	Missing []string
	// Fields are fields that the CustomResourceDefinitions lack, if none is missing.
	Fields []string
}

// maxFields is how many missing fields a message names.
const maxFields = 10

func (e *MissingDefinitionsError) Error() string {
	const remedy = "; apply the CustomResourceDefinitions of this version of the operator (config/crd)"
	if len(e.Missing) > 0 {
		return fmt.Sprintf("the API server does not serve version %s of these CustomResourceDefinitions: %s%s",
			v1alpha1.GroupVersion.Version, strings.Join(e.Missing, ", "), remedy)
	}
	named, more := e.Fields, ""
	if len(named) > maxFields {
		named, more = named[:maxFields], fmt.Sprintf(" and %d more", len(e.Fields)-maxFields)
	}
	return fmt.Sprintf("the CustomResourceDefinitions are older than the operator; they lack %s%s%s", strings.Join(named, ", "), more, remedy)
}
