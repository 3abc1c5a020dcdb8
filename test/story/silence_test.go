// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap/zapcore"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// safeBuffer takes logs from several goroutines.
type safeBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// TestNothingSecretIsTold has Clerk echo the key and every value of a request in its errors, and looks for them wherever
// the operator speaks.
func TestNothingSecretIsTold(t *testing.T) {
	const value = "canary-Value-4711"
	w := newWorld(t)
	logs := &safeBuffer{}
	w.logger = zap.New(zap.WriteTo(logs), func(o *zap.Options) { o.Level = zapcore.Level(-5) })
	key := w.clerk.Key()
	echo := func(status int) emulator.Fault {
		body, err := json.Marshal(map[string]any{"errors": []map[string]any{{
			"code": "internal_clerk_error", "message": "no " + value + " with " + key, "long_message": "no " + value + " with Bearer " + key,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", Status: status, Body: string(body)}
	}
	w.start()
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(echo(500))
	refusal := echo(422)
	// Both fields at once, then each by itself.
	refusal.Times = 3
	w.clerk.InjectFault(refusal)
	w.edit("ann", func(s *spec) {
		s.PublicMetadata, s.PrivateMetadata = object(`{"a":"`+value+`"}`), object(`{"b":["`+value+`"]}`)
	})
	w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.settle()

	user := w.read("ann")
	status, err := json.Marshal(user.Status)
	if err != nil {
		t.Fatal(err)
	}
	events := &eventsv1.EventList{}
	if err := w.client.List(t.Context(), events, client.InNamespace(w.namespace)); err != nil {
		t.Fatal(err)
	}
	told, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	families, err := w.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := fmt.Sprint(families)
	there := &v1alpha1.ClerkInstance{}
	w.get(there, "default")
	instance, err := json.Marshal(there)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{value, key} {
		for form, text := range map[string]string{
			"raw": secret, "base64": base64.StdEncoding.EncodeToString([]byte(secret)), "hex": hex.EncodeToString([]byte(secret)), "url": url.QueryEscape(secret),
		} {
			for place, said := range map[string]string{
				"logs": logs.String(), "status": string(status), "events": string(told), "metrics": counted, "the instance": string(instance),
			} {
				if strings.Contains(said, text) {
					t.Errorf("%s tell a secret, %s", place, form)
				}
			}
		}
	}
	if !strings.Contains(logs.String(), "Reconciler error") {
		t.Error("the logs were not captured")
	}
}
