// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"encoding/json"
	"fmt"

	jsonpatch "github.com/evanphx/json-patch/v5"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Patch changes an object, except its status. It implements client.Writer.
func (c *cluster) Patch(ctx context.Context, o client.Object, patch client.Patch, _ ...client.PatchOption) error {
	return c.patch(ctx, o, patch, false)
}

// Status returns the writer of statuses. It implements client.Client.
func (c *cluster) Status() client.SubResourceWriter { return statusWriter{cluster: c} }

// statusWriter writes the statuses of the objects in a cluster.
type statusWriter struct {
	// SubResourceWriter is nil: the operator only patches statuses.
	client.SubResourceWriter

	cluster *cluster
}

// Patch changes the status of an object. It implements client.SubResourceWriter.
func (w statusWriter) Patch(ctx context.Context, o client.Object, patch client.Patch, _ ...client.SubResourcePatchOption) error {
	return w.cluster.patch(ctx, o, patch, true)
}

// patch applies a merge patch as the API server does. One with an outdated resource version is a conflict.
func (c *cluster) patch(ctx context.Context, o client.Object, patch client.Patch, status bool) error {
	if patch.Type() != types.MergePatchType {
		return fmt.Errorf("patching %T: the preview knows merge patches only, not %s", o, patch.Type())
	}
	data, err := patch.Data(o)
	if err != nil {
		return err
	}
	switch o := o.(type) {
	case *v1alpha1.ClerkUser:
		was, is, err := patched(c.users, o, data)
		if err != nil {
			return err
		}
		if is.Undecoded = was.Undecoded; status {
			is.ObjectMeta, is.Spec = was.ObjectMeta, was.Spec
		} else {
			is.Status = was.Status
		}
		replace(ctx, c, c.users, was, is)
		is.DeepCopyInto(o)
	case *v1alpha1.ClerkInstance:
		was, is, err := patched(c.instances, o, data)
		if err != nil {
			return err
		}
		if is.Undecoded = was.Undecoded; status {
			is.ObjectMeta, is.Spec = was.ObjectMeta, was.Spec
		} else {
			is.Status = was.Status
		}
		replace(ctx, c, c.instances, was, is)
		is.DeepCopyInto(o)
	default:
		return fmt.Errorf("patching %T: the preview does not have these", o)
	}
	return nil
}

// decodable is a kind of object, as JSON is decoded into it.
type decodable[T any] interface {
	*T
	client.Object
}

// patched returns a stored object, and a copy to which a merge patch was applied.
func patched[T any, O decodable[T]](s *store[O], o O, data []byte) (was, is O, err error) {
	was, found := s.objects[client.ObjectKeyFromObject(o)]
	if !found {
		return nil, nil, notFound("objects", client.ObjectKeyFromObject(o))
	}
	after, err := merge(was, data)
	if err != nil {
		return nil, nil, err
	}
	is = new(T)
	if err := json.Unmarshal(after, is); err != nil {
		return nil, nil, fmt.Errorf("reading the patched object: %w", err)
	}
	return was, is, nil
}

// replace stores a changed object and tells of the change. An object that is being deleted is gone once it has no finalizer.
func replace[O client.Object](ctx context.Context, c *cluster, s *store[O], was, is O) {
	is.SetResourceVersion(c.version.next())
	if !is.GetDeletionTimestamp().IsZero() && len(is.GetFinalizers()) == 0 {
		s.remove(client.ObjectKeyFromObject(is))
		c.changed(ctx, was, nil)
		return
	}
	s.put(is)
	c.changed(ctx, was, is)
}

// merge returns an object as JSON after a merge patch.
func merge(stored client.Object, patch []byte) ([]byte, error) {
	var sent struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	before, err := json.Marshal(stored)
	if err == nil {
		err = json.Unmarshal(patch, &sent)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the patch: %w", err)
	}
	if version := sent.Metadata.ResourceVersion; version != "" && version != stored.GetResourceVersion() {
		return nil, apierrors.NewConflict(schema.GroupResource{Group: v1alpha1.GroupVersion.Group}, stored.GetName(),
			fmt.Errorf("version %s is not the current one", version))
	}
	after, err := jsonpatch.MergePatch(before, patch)
	if err != nil {
		return nil, fmt.Errorf("applying the patch: %w", err)
	}
	return after, nil
}
