// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// stage is where a scenario takes place: a ClerkInstance with users, and its instance at Clerk.
type stage struct {
	env      *Environment
	scenario scenario
	clerk    *emulator.Instance
	// other is another instance at Clerk, which some scenarios need.
	other *emulator.Instance
	// stop ends what cause left running.
	stop func()

	causedAt, mendedAt time.Time
	// fired and ended are the times of the scenario's alerts.
	fired, ended map[string]time.Time
}

// declareInstances creates the ClerkInstance and the users of every scenario, and waits until all are Ready.
func (env *Environment) declareInstances(ctx context.Context) error {
	for _, scenario := range scenarios() {
		s := &stage{
			env: env, scenario: scenario, stop: func() {}, fired: map[string]time.Time{}, ended: map[string]time.Time{},
		}
		env.stages = append(env.stages, s)
		if scenario.instance == "" {
			continue
		}
		s.clerk, s.other = env.server.AddInstance(emulator.InstanceConfig{}), env.server.AddInstance(emulator.InstanceConfig{})
		if err := s.declare(ctx); err != nil {
			return err
		}
	}
	return env.await(ctx, "all objects to be Ready", env.checkReady)
}

func (s *stage) declare(ctx context.Context) error {
	instance := &v1alpha1.ClerkInstance{
		ObjectMeta: s.meta(s.scenario.instance),
		Spec: v1alpha1.ClerkInstanceSpec{
			SecretKeyRef: v1alpha1.SecretKeyReference{Name: s.scenario.instance},
			APIURL:       ptr.To(s.env.clerk.URL()),
			Drift:        &v1alpha1.DriftCheck{Interval: &metav1.Duration{Duration: time.Second}},
			// A user is created within a second, although the incremental syncs of a run need ten times as many calls as usual.
			RateLimit: &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](usualRequests)},
		},
	}
	if s.scenario.spec != nil {
		s.scenario.spec(&instance.Spec)
	}
	objects := []client.Object{
		&corev1.Secret{
			ObjectMeta: s.meta(s.scenario.instance), StringData: map[string]string{v1alpha1.DefaultSecretKey: s.clerk.Key()},
		}, instance,
	}
	for n := range s.scenario.users {
		objects = append(objects, s.newUser(n))
	}
	for _, o := range objects {
		if err := s.env.client.Create(ctx, o); err != nil {
			return fmt.Errorf("creating %s: %w", o.GetName(), err)
		}
	}
	return nil
}

func (s *stage) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: s.env.usersNamespace(), Name: name}
}

// userName returns the name of a ClerkUser.
func (s *stage) userName(n int) string { return fmt.Sprintf("%s-%d", s.scenario.instance, n) }

// key returns the key of a ClerkUser.
func (s *stage) key(n int) client.ObjectKey { return client.ObjectKeyFromObject(s.newUser(n)) }

func (s *stage) newUser(n int) *v1alpha1.ClerkUser {
	return &v1alpha1.ClerkUser{
		ObjectMeta: s.meta(s.userName(n)),
		Spec: v1alpha1.ClerkUserSpec{
			InstanceRef:    &v1alpha1.InstanceReference{Name: s.scenario.instance},
			EmailAddresses: []v1alpha1.EmailAddress{{Address: s.userName(n) + "@example.com"}},
			FirstName:      ptr.To("Ada"),
		},
	}
}

// addUsers creates the users from a number on.
func (s *stage) addUsers(ctx context.Context, from, count int) error {
	for n := from; n < from+count; n++ {
		if err := s.env.client.Create(ctx, s.newUser(n)); err != nil {
			return fmt.Errorf("creating a ClerkUser: %w", err)
		}
	}
	return nil
}

// deleteUsers deletes the users from a number on.
func (s *stage) deleteUsers(ctx context.Context, from, count int) error {
	for n := from; n < from+count; n++ {
		if err := s.env.client.Delete(ctx, &v1alpha1.ClerkUser{ObjectMeta: s.meta(s.userName(n))}); err != nil {
			return fmt.Errorf("deleting a ClerkUser: %w", err)
		}
	}
	return nil
}

// editUser changes a ClerkUser.
func (s *stage) editUser(ctx context.Context, n int, change func(*v1alpha1.ClerkUser)) error {
	return edit(ctx, s.env.client, &v1alpha1.ClerkUser{ObjectMeta: s.meta(s.userName(n))}, change)
}

// renameAtClerk changes the first name of a user at Clerk.
func (s *stage) renameAtClerk(n int, name string) error {
	found := s.clerk.Find(func(u *emulator.User) bool {
		return len(u.EmailAddresses) > 0 && u.EmailAddresses[0].EmailAddress == s.userName(n)+"@example.com"
	})
	if found == nil {
		return fmt.Errorf("user %s is not at Clerk", s.userName(n))
	}
	if _, err := s.clerk.Edit(found.ID, func(u *emulator.User) { u.FirstName = ptr.To(name) }); err != nil {
		return fmt.Errorf("editing at Clerk: %w", err)
	}
	return nil
}

// editInstance changes the ClerkInstance.
func (s *stage) editInstance(ctx context.Context, change func(*v1alpha1.ClerkInstance)) error {
	return edit(ctx, s.env.client, &v1alpha1.ClerkInstance{ObjectMeta: s.meta(s.scenario.instance)}, change)
}

// replaceKey writes another key into the Secret.
func (s *stage) replaceKey(ctx context.Context, key string) error {
	return edit(ctx, s.env.client, &corev1.Secret{ObjectMeta: s.meta(s.scenario.instance)}, func(secret *corev1.Secret) {
		secret.Data[v1alpha1.DefaultSecretKey] = []byte(key)
	})
}

// edit reads an object, changes it and sends the difference.
func edit[T client.Object](ctx context.Context, c client.Client, o T, change func(T)) error {
	if err := c.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
		return fmt.Errorf("reading %s: %w", o.GetName(), err)
	}
	before, _ := o.DeepCopyObject().(T)
	change(o)
	if err := c.Patch(ctx, o, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("changing %s: %w", o.GetName(), err)
	}
	return nil
}

// checkReady returns an error that names the objects that are not Ready.
func (env *Environment) checkReady(ctx context.Context) error {
	instances, users := &v1alpha1.ClerkInstanceList{}, &v1alpha1.ClerkUserList{}
	for _, list := range []client.ObjectList{instances, users} {
		if err := env.client.List(ctx, list, client.InNamespace(env.usersNamespace())); err != nil {
			return fmt.Errorf("listing objects: %w", err)
		}
	}
	var waiting []string
	note := func(name string, generation int64, conditions []metav1.Condition) {
		ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Status != metav1.ConditionTrue || ready.ObservedGeneration != generation {
			waiting = append(waiting, fmt.Sprintf("%s: %+v", name, ready))
		}
	}
	for i := range instances.Items {
		note("ClerkInstance "+instances.Items[i].Name, instances.Items[i].Generation, instances.Items[i].Status.Conditions)
	}
	for i := range users.Items {
		note("ClerkUser "+users.Items[i].Name, users.Items[i].Generation, users.Items[i].Status.Conditions)
	}
	if len(waiting) > 0 {
		return fmt.Errorf("not Ready: %s", strings.Join(waiting, "; "))
	}
	return nil
}

// awaitGone waits until the first users are gone from the cluster.
func (s *stage) awaitGone(ctx context.Context, count int) error {
	return s.env.await(ctx, "users to be gone", func(ctx context.Context) error {
		for n := range count {
			err := s.env.client.Get(ctx, s.key(n), &v1alpha1.ClerkUser{})
			if !apierrors.IsNotFound(err) {
				return fmt.Errorf("ClerkUser %s is there: %w", s.userName(n), err)
			}
		}
		return nil
	})
}
