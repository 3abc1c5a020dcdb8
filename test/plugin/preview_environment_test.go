// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/preview"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// forecast is an environment in which objects are first previewed and then applied.
type forecast struct {
	*environment

	replay *calls
	// applied and deleted are what the preview is about. uids are the uids of applied objects, in the preview and in the cluster.
	applied, deleted []client.Object
	uids             map[string]string
	// contacts are the addresses and numbers by their ids, owners the ids of the users that have them.
	contacts, owners map[string]string
	// users are the ids of the users by the names of their objects.
	users map[string]string
	// writes counts the requests of previews to the API server that are not reads.
	writes atomic.Int64
	tune   func(*preview.Config)
}

func newForecast(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *forecast {
	t.Helper()
	f := &forecast{
		environment: newEnvironment(t, change...), replay: newCalls(t), uids: map[string]string{}, contacts: map[string]string{},
		owners: map[string]string{}, users: map[string]string{}, tune: func(*preview.Config) {},
	}
	return f
}

// readOnly is a client for the API server that counts what is no read.
func (f *forecast) readOnly() client.Client {
	f.t.Helper()
	config := rest.CopyConfig(controlplane.Config(f.t))
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet {
				f.writes.Add(1)
			}
			return next.RoundTrip(r)
		})
	})
	c, err := client.New(config, client.Options{Scheme: f.client.Scheme(), Mapper: f.client.RESTMapper()})
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// open returns the Clerk instance with a reader that has more tokens than it needs.
func (f *forecast) open(_ context.Context, _ *v1alpha1.ClerkInstance) (preview.Instance, error) {
	limiter := clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 1_000_000})
	c, err := clerk.New(clerk.Config{
		APIURL: f.url + "/v1", Key: clerk.NewSecret(f.clerk.Key()), RateLimiter: limiter, Now: f.server.Clock().Now,
	})
	return preview.Instance{
		ID: f.clerk.ID(), Environment: v1alpha1.EnvironmentProduction, Reader: struct{ preview.Reader }{c},
	}, err
}

// apply notes that an object is applied, as the API server answers a dry run.
func (f *forecast) apply(o client.Object) {
	f.t.Helper()
	dry := o.DeepCopyObject().(client.Object)
	if err := f.put(dry, client.DryRunAll); err != nil {
		f.t.Fatalf("applying %T %s as a dry run: %v", o, o.GetName(), err)
	}
	f.uids[string(dry.GetUID())] = o.GetName()
	f.applied = append(f.applied, dry)
}

// put creates an object, or gives the one that exists its spec.
func (f *forecast) put(o client.Object, options ...client.CreateOption) error {
	f.t.Helper()
	user, isUser := o.(*v1alpha1.ClerkUser)
	instance, isInstance := o.(*v1alpha1.ClerkInstance)
	stored := o.DeepCopyObject().(client.Object)
	err := f.client.Get(f.t.Context(), client.ObjectKeyFromObject(o), stored)
	if apierrors.IsNotFound(err) {
		return f.client.Create(f.t.Context(), o, options...)
	}
	if err != nil {
		return err
	}
	var updates []client.UpdateOption
	if len(options) > 0 {
		updates = append(updates, client.DryRunAll)
	}
	switch {
	case isUser:
		next := stored.(*v1alpha1.ClerkUser)
		next.Spec = user.Spec
		err = f.client.Update(f.t.Context(), next, updates...)
		next.DeepCopyInto(user)
	case isInstance:
		next := stored.(*v1alpha1.ClerkInstance)
		next.Spec = instance.Spec
		err = f.client.Update(f.t.Context(), next, updates...)
		next.DeepCopyInto(instance)
	default:
		o.SetResourceVersion(stored.GetResourceVersion())
		err = f.client.Update(f.t.Context(), o, updates...)
	}
	return err
}

// preview returns what the operator would do. It checks that nothing was written.
func (f *forecast) preview() preview.Result {
	f.t.Helper()
	before := len(f.clerk.Journal().Writes())
	config := preview.Config{Cluster: f.readOnly(), Open: f.open, ClusterID: clusterID, Key: &f.key, Now: f.server.Clock().Now}
	f.tune(&config)
	result, err := preview.Run(f.t.Context(), config, preview.Input{Applied: f.applied, Deleted: f.deleted})
	if err != nil {
		f.t.Fatal(err)
	}
	if wrote := len(f.clerk.Journal().Writes()) - before; wrote != 0 {
		f.t.Errorf("the preview wrote to Clerk %d times", wrote)
	}
	if wrote := f.writes.Load(); wrote != 0 {
		f.t.Errorf("the preview wrote to the API server %d times", wrote)
	}
	return result
}

// carryOut applies and deletes for real.
func (f *forecast) carryOut() {
	f.t.Helper()
	contactsOf(f.clerk.Users(), f.contacts, f.owners)
	for _, o := range f.applied {
		wanted := o.DeepCopyObject().(client.Object)
		wanted.SetResourceVersion("")
		wanted.SetUID("")
		if err := f.put(wanted); err != nil {
			f.t.Fatalf("applying %T %s: %v", o, o.GetName(), err)
		}
		f.uids[string(wanted.GetUID())] = o.GetName()
	}
	for _, o := range f.deleted {
		if user, is := o.(*v1alpha1.ClerkUser); is {
			f.users[user.Name] = user.Status.UserID
		}
		if err := f.client.Delete(f.t.Context(), o); err != nil {
			f.t.Fatalf("deleting %s: %v", o.GetName(), err)
		}
	}
}

// foreseen are the calls of a preview by the names of the objects.
func (f *forecast) foreseen(result preview.Result) map[string]callTexts {
	f.t.Helper()
	texts, names := map[string]callTexts{}, anonymous{f.contacts, f.uids}
	for _, o := range result.Objects {
		for _, call := range o.Calls {
			texts[o.Name] = append(texts[o.Name], names.text(f.replay.request(call), call.Refused != ""))
		}
	}
	return texts
}

// made are the calls that the operator made since the journal was reset, by the names of the objects.
func (f *forecast) made() map[string]callTexts {
	f.t.Helper()
	contactsOf(f.clerk.Users(), f.contacts, f.owners)
	list := &v1alpha1.ClerkUserList{}
	if err := f.client.List(f.t.Context(), list, client.InNamespace(f.namespace)); err != nil {
		f.t.Fatal(err)
	}
	owners := map[string]string{}
	for name, id := range f.users {
		owners[id] = name
	}
	for i := range list.Items {
		if id := list.Items[i].Status.UserID; id != "" {
			owners[id] = list.Items[i].Name
		}
	}
	texts, names := map[string]callTexts{}, anonymous{f.contacts, f.uids}
	for _, e := range f.clerk.Journal().Writes() {
		name, refused := f.objectOf(e, owners), e.Status >= http.StatusBadRequest
		text := names.text(e.Method+" "+e.Path+" "+string(e.Body), refused)
		if made := texts[name]; refused && len(made) > 0 && made[len(made)-1] == text {
			// An object without a user tries again each time that another one of its namespace is gone, which a preview shows once.
			continue
		}
		texts[name] = append(texts[name], text)
	}
	return texts
}

var ownerMarks = regexp.MustCompile(`"v1 ` + clusterID + ` [^/"]+/([^ "]+) `)

// objectOf is the name of the object for which a call was made.
func (f *forecast) objectOf(e emulator.Entry, owners map[string]string) string {
	parts := strings.Split(strings.TrimPrefix(e.Path, "/v1/"), "/")
	switch {
	case parts[0] == "users" && len(parts) == 1:
		if mark := ownerMarks.FindStringSubmatch(string(e.Body)); mark != nil {
			return mark[1]
		}
	case parts[0] == "users":
		return owners[parts[1]]
	case len(parts) == 1:
		return owners[userIDs.FindString(string(e.Body))]
	default:
		return owners[f.owners[parts[1]]]
	}
	return ""
}

// compare waits until the operator has made the foreseen calls, and then checks that it makes no others.
func (f *forecast) compare(result preview.Result) {
	f.t.Helper()
	want := f.foreseen(result)
	total := 0
	for _, texts := range want {
		total += len(texts)
	}
	// Whatever differs is shown after the operator has settled.
	_ = f.within(func() error {
		if len(f.clerk.Journal().Writes()) < total || !cmp.Equal(want, f.made()) {
			return errors.New("the calls differ")
		}
		return nil
	})
	f.settle()
	made := f.made()
	names := maps.Clone(want)
	maps.Copy(names, made)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if diff := cmp.Diff(strings.Join(want[name], "\n"), strings.Join(made[name], "\n")); diff != "" {
			f.t.Errorf("%s: calls that were foreseen (-) and made (+):\n%s", name, diff)
		}
	}
}

// settle has the operator read and reconcile all objects once more that are as declared, and waits until the others have a result.
func (f *forecast) settle() {
	f.t.Helper()
	const request = "settle"
	list := &v1alpha1.ClerkUserList{}
	if err := f.client.List(f.t.Context(), list, client.InNamespace(f.namespace)); err != nil {
		f.t.Fatal(err)
	}
	asked := map[types.NamespacedName]bool{}
	for i := range list.Items {
		user := &list.Items[i]
		if !isReady(user) || user.Spec.Suspended() {
			continue
		}
		before := user.DeepCopy()
		if user.Annotations == nil {
			user.Annotations = map[string]string{}
		}
		user.Annotations[v1alpha1.AnnotationReconcileRequestedAt] = request
		if err := f.client.Patch(f.t.Context(), user, client.MergeFrom(before)); err != nil {
			f.t.Fatal(err)
		}
		asked[client.ObjectKeyFromObject(user)] = true
	}
	f.eventually("all objects to be reconciled once more", func() error {
		if err := f.client.List(f.t.Context(), list, client.InNamespace(f.namespace)); err != nil {
			return err
		}
		for i := range list.Items {
			user := &list.Items[i]
			if asked[client.ObjectKeyFromObject(user)] && user.Status.LastHandledReconcileAt != request {
				return fmt.Errorf("ClerkUser %s was not reconciled: %+v", user.Name, user.Status.Conditions)
			}
		}
		return nil
	})
}

func isReady(user *v1alpha1.ClerkUser) bool {
	for _, c := range user.Status.Conditions {
		if c.Type == v1alpha1.ConditionReady {
			return c.Status == "True" && user.Status.ObservedGeneration == user.Generation
		}
	}
	return false
}
