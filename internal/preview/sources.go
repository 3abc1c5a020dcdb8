// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

// sources are the Secrets and ConfigMaps that ClerkUsers name. Each is read once. The operator may read Secrets that the caller
// may not. A ClerkUser with a user then keeps the values that were sent last, and one without gets stand-ins.
type sources struct {
	live client.Reader
	// known are the applied ones and those that were read before; errs are the errors of the others.
	known map[sourceKey]client.Object
	errs  map[sourceKey]error
	// reader is the ClerkUser for which is read.
	reader *v1alpha1.ClerkUser
	// unread is called with each object that the caller may not read.
	unread func(reader *v1alpha1.ClerkUser, kind, name string)
}

// sourceKey identifies a Secret or ConfigMap.
type sourceKey struct {
	kind string
	client.ObjectKey
}

func newSources(live client.Reader) *sources {
	return &sources{
		live: live, known: map[sourceKey]client.Object{}, errs: map[sourceKey]error{},
		unread: func(*v1alpha1.ClerkUser, string, string) {},
	}
}

// kindOfSource is the kind of a Secret or ConfigMap; "" for any other object.
func kindOfSource(o client.Object) string {
	switch o.(type) {
	case *corev1.Secret:
		return "Secret"
	case *corev1.ConfigMap:
		return "ConfigMap"
	default:
		return ""
	}
}

// add adds a Secret or ConfigMap as it is after the apply.
func (s *sources) add(o client.Object) {
	if secret, is := o.(*corev1.Secret); is {
		o = withText(secret)
	}
	s.known[sourceKey{kindOfSource(o), client.ObjectKeyFromObject(o)}] = o
}

// withText returns a Secret whose stringData is part of its data, as the API server stores it.
func withText(secret *corev1.Secret) *corev1.Secret {
	whole := secret.DeepCopy()
	for key, text := range secret.StringData {
		if whole.Data == nil {
			whole.Data = map[string][]byte{}
		}
		whole.Data[key] = []byte(text)
	}
	whole.StringData = nil
	return whole
}

// get reads a Secret or ConfigMap.
func (s *sources) get(ctx context.Context, name client.ObjectKey, into client.Object, options ...client.GetOption) error {
	key := sourceKey{kindOfSource(into), name}
	if s.known[key] == nil && s.errs[key] == nil {
		if err := s.live.Get(ctx, name, into, options...); err != nil {
			s.errs[key] = err
		} else {
			s.known[key] = into.DeepCopyObject().(client.Object)
		}
	}
	if err := s.errs[key]; err != nil {
		if !apierrors.IsForbidden(err) || s.reader == nil {
			return err
		}
		s.unread(s.reader, key.kind, key.Name)
		if s.reader.Status.UserID != "" {
			return err
		}
		standIn(s.reader, key, into)
		return nil
	}
	switch into := into.(type) {
	case *corev1.Secret:
		s.known[key].(*corev1.Secret).DeepCopyInto(into)
	case *corev1.ConfigMap:
		s.known[key].(*corev1.ConfigMap).DeepCopyInto(into)
	}
	return nil
}

// standIn fills a Secret or ConfigMap that cannot be read with values that the operator accepts in these places.
func standIn(user *v1alpha1.ClerkUser, key sourceKey, into client.Object) {
	into.SetNamespace(key.Namespace)
	into.SetName(key.Name)
	data := map[string][]byte{}
	for _, at := range source.References(user) {
		if at.Kind == key.kind && at.Name == key.Name {
			data[at.Key] = []byte(standInOf(at.Field))
		}
	}
	switch into := into.(type) {
	case *corev1.Secret:
		into.Data = data
	case *corev1.ConfigMap:
		into.BinaryData = data
	}
}

// standInOf is a value for the field at a path of the spec.
func standInOf(field string) string {
	switch field {
	case "spec.initial.totpSecretRef":
		return "ABCDEFGHIJKLMNOP"
	case "spec.profileImage.configMapKeyRef", "spec.profileImage.secretKeyRef":
		return "\x89PNG\r\n\x1a\n"
	default:
		return "a value that the preview cannot read"
	}
}
