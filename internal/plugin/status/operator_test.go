// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// leases answers reads of the Lease one after the other. An answer without Lease is that there is none.
type leases struct {
	client.Reader
	answers []*coordinationv1.Lease
	err     error
	asked   []string
}

func (l *leases) next() *coordinationv1.Lease {
	one := l.answers[0]
	l.answers = l.answers[1:]
	return one
}

func (l *leases) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	l.asked = append(l.asked, key.String())
	one := l.next()
	if one == nil {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "leases"}, key.Name)
	}
	one.DeepCopyInto(object.(*coordinationv1.Lease))
	return nil
}

func (l *leases) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	l.asked = append(l.asked, "all")
	if l.err != nil {
		return l.err
	}
	for _, one := range l.answers {
		into := list.(*coordinationv1.LeaseList)
		into.Items = append(into.Items, *one)
	}
	return nil
}

// heldSince returns a Lease of some version that was renewed some time before noon.
func heldSince(version, namespace string, d time.Duration) *coordinationv1.Lease {
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "clerk-operator", ResourceVersion: version},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: ptr.To("clerk-operator-0"), LeaseDurationSeconds: ptr.To[int32](15), RenewTime: ptr.To(metav1.NewMicroTime(noon().Add(-d))),
		},
	}
}

func TestLeaseShowsWhetherTheOperatorRuns(t *testing.T) {
	t.Parallel()
	released := heldSince("1", "ops", time.Second)
	released.Spec.HolderIdentity = ptr.To("")
	for name, test := range map[string]struct {
		answers []*coordinationv1.Lease
		want    OperatorState
		says    string
		waits   bool
	}{
		"Renewed":             {[]*coordinationv1.Lease{heldSince("1", "ops", time.Second)}, OperatorRunning, "is renewed", false},
		"Old":                 {[]*coordinationv1.Lease{heldSince("1", "ops", time.Hour), heldSince("1", "ops", time.Hour)}, OperatorNotRunning, "renewed 60m ago", true},
		"OldByAnotherClock":   {[]*coordinationv1.Lease{heldSince("1", "ops", time.Hour), heldSince("2", "ops", time.Hour)}, OperatorRunning, "is renewed", true},
		"AheadByAnotherClock": {[]*coordinationv1.Lease{heldSince("1", "ops", -time.Hour), heldSince("2", "ops", -time.Hour)}, OperatorRunning, "is renewed", true},
		"AheadAndNotRenewed":  {[]*coordinationv1.Lease{heldSince("1", "ops", -time.Hour), heldSince("1", "ops", -time.Hour)}, OperatorNotRunning, "is not renewed now", true},
		"Released":            {[]*coordinationv1.Lease{released, released}, OperatorNotRunning, "no replica has its Lease", true},
		"ReleasedAndTaken":    {[]*coordinationv1.Lease{released, heldSince("2", "ops", 0)}, OperatorRunning, "is renewed", true},
		"None":                {[]*coordinationv1.Lease{nil}, OperatorUnknown, "no Lease clerk-operator that you may read in namespace ops", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			waited := false
			l := leaseReader{reader: &leases{answers: test.answers}, namespace: "ops", now: noon, wait: func(context.Context, time.Duration) error {
				waited = true
				return nil
			}}
			o, err := l.run(t.Context())
			if err != nil || o.State != test.want || !strings.Contains(o.Message, test.says) || waited != test.waits {
				t.Errorf("it is %+v, %v, waited %t", o, err, waited)
			}
		})
	}
}

func TestLeaseIsFoundInAnyNamespace(t *testing.T) {
	t.Parallel()
	both := &leases{answers: []*coordinationv1.Lease{heldSince("1", "old", time.Hour), heldSince("2", "ops", time.Second)}}
	if o, err := (leaseReader{reader: both, now: noon}).run(t.Context()); err != nil || o.State != OperatorRunning {
		t.Errorf("it is %+v, %v", o, err)
	}
	forbidden := &leases{
		answers: []*coordinationv1.Lease{heldSince("1", defaultNamespace, time.Second)},
		err:     apierrors.NewForbidden(schema.GroupResource{Resource: "leases"}, "", errors.New("no")),
	}
	o, err := leaseReader{reader: forbidden, now: noon}.run(t.Context())
	if err != nil || o.State != OperatorRunning || forbidden.asked[1] != "clerk-operator-system/clerk-operator" {
		t.Errorf("it is %+v, %v after %v", o, err, forbidden.asked)
	}
}
