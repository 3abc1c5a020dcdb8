// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// store holds the objects of one kind with the indexes of the operator's cache.
type store[T client.Object] struct {
	objects map[types.NamespacedName]T
	// extractors are the indexes; found has the names of the objects by index and value.
	extractors map[string]client.IndexerFunc
	found      map[string]map[string]map[types.NamespacedName]struct{}
}

func newStore[T client.Object]() *store[T] {
	return &store[T]{
		objects:    map[types.NamespacedName]T{},
		extractors: map[string]client.IndexerFunc{},
		found:      map[string]map[string]map[types.NamespacedName]struct{}{},
	}
}

// IndexField adds an index. It implements client.FieldIndexer.
func (s *store[T]) IndexField(_ context.Context, _ client.Object, field string, extract client.IndexerFunc) error {
	s.extractors[field], s.found[field] = extract, map[string]map[types.NamespacedName]struct{}{}
	return nil
}

// put adds or replaces an object.
func (s *store[T]) put(o T) {
	name := client.ObjectKeyFromObject(o)
	s.remove(name)
	s.objects[name] = o
	for field, extract := range s.extractors {
		for _, value := range extract(o) {
			if s.found[field][value] == nil {
				s.found[field][value] = map[types.NamespacedName]struct{}{}
			}
			s.found[field][value][name] = struct{}{}
		}
	}
}

// remove removes an object, if there is one.
func (s *store[T]) remove(name types.NamespacedName) {
	o, stored := s.objects[name]
	if !stored {
		return
	}
	for field, extract := range s.extractors {
		for _, value := range extract(o) {
			delete(s.found[field][value], name)
		}
	}
	delete(s.objects, name)
}

// list returns the objects of a namespace, or of all for "", that have the values in the indexes, in the order of their names.
func (s *store[T]) list(namespace string, values map[string]string) []T {
	names := maps.Keys(s.objects)
	for field, value := range values {
		// The operator lists by one index at a time.
		names = maps.Keys(s.found[field][value])
	}
	var listed []T
	for _, name := range slices.SortedFunc(names, compareNames) {
		if namespace == "" || name.Namespace == namespace {
			listed = append(listed, s.objects[name])
		}
	}
	return listed
}

func compareNames(a, b types.NamespacedName) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

// versions counts resource versions.
type versions int64

func (v *versions) next() string {
	*v++
	return strconv.FormatInt(int64(*v), 10)
}
