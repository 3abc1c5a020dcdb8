// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// recordVariable names the file into which a run of the stories writes one object for each state that an object of ours was in.
// "make statuses" sets it; without it, nothing is recorded.
const recordVariable = "CLERK_OPERATOR_RECORD_STATUSES"

const recordHeader = `# Copyright The clerk-operator Authors
# SPDX-License-Identifier: Apache-2.0

# One object for each state that an object was in while the stories ran, by "make statuses". Only what says the state is kept; names,
# ids and times are replaced.
`

// statusRecorder keeps one object for each state.
type statusRecorder struct {
	lock   sync.Mutex
	states map[string]recordedObject
}

// recorded are the states of this run.
var recorded = statusRecorder{states: map[string]recordedObject{}}

// recordedObject is what is kept of an object.
type recordedObject struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Metadata   recordedMetadata `json:"metadata"`
	Spec       recordedSpec     `json:"spec"`
	Status     recordedStatus   `json:"status"`
}

type recordedMetadata struct {
	Name              string `json:"name"`
	Namespace         string `json:"namespace"`
	Generation        int64  `json:"generation"`
	DeletionTimestamp string `json:"deletionTimestamp,omitempty"`
}

type recordedSpec struct {
	Suspend bool `json:"suspend,omitempty"`
}

type recordedStatus struct {
	ObservedGeneration int64              `json:"observedGeneration"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
	HeldDeletions      int64              `json:"heldDeletions,omitempty"`
	MassAbsentUsers    int64              `json:"massAbsentUsers,omitempty"`
}

// recordStatuses watches the objects of the environment until its story ends, if the run is recorded.
func (env *environment) recordStatuses() {
	env.t.Helper()
	if os.Getenv(recordVariable) == "" {
		return
	}
	ctx, cancel := context.WithCancel(env.t.Context())
	var watches sync.WaitGroup
	env.t.Cleanup(func() { cancel(); watches.Wait() })
	for _, list := range ourKinds() {
		w, err := env.client.Watch(ctx, list, client.InNamespace(env.namespace))
		if err != nil {
			env.t.Fatal(err)
		}
		watches.Go(func() {
			defer w.Stop()
			for event := range w.ResultChan() {
				if o, is := event.Object.(client.Object); is {
					recorded.add(o, env.namespace)
				}
			}
		})
	}
}

// add keeps an object if its state is new, or if its text comes before that of the one that is kept.
func (r *statusRecorder) add(o client.Object, namespace string) {
	of := recordOf(o, namespace)
	if len(of.Status.Conditions) == 0 && of.Status.ObservedGeneration != -1 {
		return // The story took them away, as a restored backup does.
	}
	key := of.state()
	r.lock.Lock()
	defer r.lock.Unlock()
	if kept, found := r.states[key]; !found || recordedText(of) < recordedText(kept) {
		r.states[key] = of
	}
}

// write writes what was recorded into the file that the variable names.
func (r *statusRecorder) write() error {
	path := os.Getenv(recordVariable)
	if path == "" {
		return nil
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	out := bytes.NewBufferString(recordHeader)
	for _, key := range slices.Sorted(maps.Keys(r.states)) {
		document, err := yaml.Marshal(r.states[key])
		if err != nil {
			return fmt.Errorf("writing %s: %w", key, err)
		}
		fmt.Fprintf(out, "---\n%s", document)
	}
	return os.WriteFile(path, out.Bytes(), 0o600)
}

// recordOf returns what is kept of an object.
func recordOf(o client.Object, namespace string) recordedObject {
	of := recordedObject{
		APIVersion: v1alpha1.GroupVersion.String(),
		Kind:       reflect.TypeOf(o).Elem().Name(),
		Metadata:   recordedMetadata{Name: "example", Namespace: "team-a", Generation: 2},
	}
	if o.GetDeletionTimestamp() != nil {
		of.Metadata.DeletionTimestamp = exampleTime
	}
	var observed int64
	var conditions []metav1.Condition
	switch o := o.(type) {
	case *v1alpha1.ClerkUser:
		of.Spec.Suspend, observed, conditions = o.Spec.Suspended(), o.Status.ObservedGeneration, o.Status.Conditions
	case *v1alpha1.ClerkInstance:
		observed, conditions = o.Status.ObservedGeneration, o.Status.Conditions
		of.Status.HeldDeletions, of.Status.MassAbsentUsers = min(o.Status.HeldDeletions, 1), min(o.Status.MassAbsentUsers, 1)
	case *v1alpha1.ClerkUserAction:
		observed, conditions = o.Status.ObservedGeneration, o.Status.Conditions
	}
	of.Status.ObservedGeneration = relative(observed, o.GetGeneration())
	for _, c := range conditions {
		c.ObservedGeneration = relative(c.ObservedGeneration, o.GetGeneration())
		c.LastTransitionTime = metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		c.Message = impersonal(c.Message, namespace)
		of.Status.Conditions = append(of.Status.Conditions, c)
	}
	return of
}

// relative returns 2 for the current generation, 1 for an earlier one, and what says that there is none as it is.
func relative(observed, generation int64) int64 {
	switch {
	case observed <= 0:
		return observed
	case observed < generation:
		return 1
	default:
		return 2
	}
}

const exampleTime = "2026-01-01T00:00:00Z"

// impersonal replaces what differs from one run to the next, and what names somebody, in a message.
func impersonal(message, namespace string) string {
	message = strings.ReplaceAll(message, namespace, "team-a")
	for _, one := range []struct{ pattern, by string }{
		{`\b(user|ins|ema|phn|idn|img)_[A-Za-z0-9]{8,}`, "${1}_example"},
		{`[\w.+-]+@[\w.-]+`, "somebody@example.com"},
		{`https?://[^\s",;]+`, "https://clerk.example.com"},
		{`\b(\d{1,3}\.){3}\d{1,3}(:\d+)?`, "192.0.2.1"},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`, exampleTime},
		{`\b[0-9a-f]{8}-[0-9a-f-]{27}\b`, "00000000-0000-0000-0000-000000000000"},
	} {
		message = regexp.MustCompile(one.pattern).ReplaceAllString(message, one.by)
	}
	return message
}

// state names the state of an object: its conditions, what they are about, and whether it is being deleted.
func (o recordedObject) state() string {
	parts := []string{o.Kind}
	for _, c := range o.Status.Conditions {
		parts = append(parts, fmt.Sprintf("%s=%s/%s@%d", c.Type, c.Status, c.Reason, c.ObservedGeneration))
	}
	return fmt.Sprintf("%s %+v %d %d %d", strings.Join(parts, " "), o.Metadata, o.Status.ObservedGeneration,
		o.Status.HeldDeletions, o.Status.MassAbsentUsers)
}

func recordedText(o recordedObject) string {
	out, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return string(out)
}
