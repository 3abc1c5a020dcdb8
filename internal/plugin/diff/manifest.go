// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Kinds of clerk-operator.
const (
	userKind     = "ClerkUser"
	instanceKind = "ClerkInstance"
	actionKind   = "ClerkUserAction"
)

// standardInput is the file name that means standard input.
const standardInput = "-"

// manifests are the objects that the command line names.
type manifests struct {
	// objects are those of kinds that matter to the users at Clerk, in their order, each with its namespace.
	objects []manifest
	// namespaces are the Namespaces among them.
	namespaces []manifest
	// ignored are the objects of all other kinds.
	ignored []manifest
}

// manifest is one object as it was read.
type manifest struct {
	*unstructured.Unstructured

	// source is the file, URL or directory that it is from.
	source string
}

// id identifies the object.
func (m manifest) id() id { return idOf(m.Unstructured) }

// id identifies an object of a namespace.
type id struct {
	kind            schema.GroupKind
	namespace, name string
}

// String names the object. A manifest can have any text as its name.
func (i id) String() string {
	return printable(i.kind.Kind + " " + strings.TrimPrefix(i.namespace+"/"+i.name, "/"))
}

func idOf(object *unstructured.Unstructured) id {
	return id{object.GroupVersionKind().GroupKind(), object.GetNamespace(), object.GetName()}
}

// selection says which manifests are read.
type selection struct {
	files    resource.FilenameOptions
	selector string
	// namespace is the namespace of objects without one; strict is true if no object may have another.
	namespace string
	strict    bool
}

// readManifests reads the manifests as kubectl apply does. The error names everything that cannot be read.
func readManifests(getter genericclioptions.RESTClientGetter, in io.Reader, chosen selection) (manifests, error) {
	builder := resource.NewBuilder(getter).Local().Unstructured().Schema(typedContent{}).ContinueOnError()
	files := chosen.files
	files.Filenames = nil
	for _, name := range chosen.files.Filenames {
		if name == standardInput {
			builder = builder.Stream(in, "standard input")
		} else {
			files.Filenames = append(files.Filenames, name)
		}
	}
	read := manifests{}
	err := builder.FilenameParam(false, &files).LabelSelectorParam(chosen.selector).Flatten().Do().Visit(
		func(info *resource.Info, err error) error {
			if err != nil {
				return err
			}
			object, ok := info.Object.(*unstructured.Unstructured)
			if !ok {
				return fmt.Errorf("reading %s: %T is not an object", info.Source, info.Object)
			}
			return read.add(manifest{object, info.Source}, chosen)
		})
	if err != nil {
		return manifests{}, fmt.Errorf("reading the manifests: %w", withoutContent(err))
	}
	return read, read.check()
}

// add sorts an object by its kind.
func (m *manifests) add(one manifest, chosen selection) error {
	switch gvk := one.GroupVersionKind(); {
	case gvk.GroupKind() == schema.GroupKind{Kind: "Namespace"}:
		m.namespaces = append(m.namespaces, one)
		return nil
	case !matters(gvk.GroupKind()):
		m.ignored = append(m.ignored, one)
		return nil
	}
	switch namespace := one.GetNamespace(); {
	case namespace == "":
		one.SetNamespace(chosen.namespace)
	case chosen.strict && namespace != chosen.namespace:
		return fmt.Errorf("%s in %s is not in the namespace %s of --namespace; leave out the flag, or correct the manifest",
			one.id(), one.source, chosen.namespace)
	}
	if one.GetName() == "" {
		return fmt.Errorf("a %s in %s has no name; kubectl apply needs one", printable(one.GetKind()), one.source)
	}
	m.objects = append(m.objects, one)
	return nil
}

// matters reports whether objects of a kind can change users at Clerk.
func matters(kind schema.GroupKind) bool {
	return kind.Group == v1alpha1.GroupVersion.Group || isSource(kind)
}

// isSource reports whether objects of a kind hold values that ClerkUsers and ClerkInstances name.
func isSource(kind schema.GroupKind) bool {
	return kind.Group == "" && (kind.Kind == "Secret" || kind.Kind == "ConfigMap")
}

// check returns an error if an object is declared twice: which of the manifests counts then depends on the tool that applies them.
func (m *manifests) check() error {
	var problems []error
	first := map[id]manifest{}
	for _, one := range m.objects {
		if earlier, twice := first[one.id()]; twice {
			problems = append(problems, fmt.Errorf("%s is declared twice, in %s and in %s; remove one", one.id(), earlier.source, one.source))
			continue
		}
		first[one.id()] = one
	}
	return errors.Join(problems...)
}

// count returns how many objects were read.
func (m *manifests) count() int { return len(m.objects) + len(m.namespaces) + len(m.ignored) }

// ignoredKinds counts the ignored objects by kind, as in "2 Deployment, 1 Service".
func (m *manifests) ignoredKinds() string {
	counts := map[string]int{}
	for _, one := range m.ignored {
		counts[one.GetKind()]++
	}
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		kinds = append(kinds, fmt.Sprintf("%d %s", counts[kind], kind))
	}
	return strings.Join(kinds, ", ")
}
