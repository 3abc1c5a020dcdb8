// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	toolscache "k8s.io/client-go/tools/cache"
)

// counter counts objects of one kind. Objects belong to the cache and must not be changed.
type counter[T client.Object] interface {
	add(object T)
	remove(object T)
}

// eventHandler returns a handler of a cache's events that keeps a counter current. The cache delivers each version of an object once
// as the new one and once as the old one, so that what was added is removed again.
func eventHandler[T client.Object](c counter[T]) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { c.add(object.(T)) },
		UpdateFunc: func(before, after any) {
			c.remove(before.(T))
			c.add(after.(T))
		},
		DeleteFunc: func(object any) {
			if last, missed := object.(toolscache.DeletedFinalStateUnknown); missed {
				object = last.Obj
			}
			c.remove(object.(T))
		},
	}
}

// counts are numbers of objects by what they have in common. A number that is 0 has no entry.
type counts[K comparable] map[K]int

func (c counts[K]) change(key K, by int) {
	if c[key] += by; c[key] == 0 {
		delete(c, key)
	}
}

// times are Unix times in seconds, with how many objects have each.
type times = counts[int64]

// earliest returns the earliest of the times; 0 if there are none.
func earliest(all times) int64 {
	var first int64
	for at := range all {
		if first == 0 || at < first {
			first = at
		}
	}
	return first
}
