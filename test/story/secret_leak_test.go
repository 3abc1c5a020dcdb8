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

// TestNoSecretLeaks has Clerk repeat the key and each value of a request in its errors, and searches for them in all
// that the operator writes.
func TestNoSecretLeaks(t *testing.T) {
	const value = "marker-Value-4711"
	env := newEnvironment(t)
	logs := &safeBuffer{}
	env.logger = zap.New(zap.WriteTo(logs), func(o *zap.Options) { o.Level = zapcore.Level(-5) })
	key := env.clerk.Key()
	echo := func(status int) emulator.Fault {
		body, err := json.Marshal(map[string]any{"errors": []map[string]any{{
			"code": "internal_clerk_error", "message": "no " + value + " with " + key, "long_message": "no " + value + " with Bearer " + key,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", Status: status, Body: string(body)}
	}
	env.start()
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(echo(500))
	refusal := echo(422)
	// Both fields at once, then each by itself.
	refusal.Times = 3
	env.clerk.InjectFault(refusal)
	env.edit("ann", func(s *spec) {
		s.PublicMetadata, s.PrivateMetadata = object(`{"a":"`+value+`"}`), object(`{"b":["`+value+`"]}`)
	})
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.settle()

	user := env.read("ann")
	status, err := json.Marshal(user.Status)
	if err != nil {
		t.Fatal(err)
	}
	events := &eventsv1.EventList{}
	if err := env.client.List(t.Context(), events, client.InNamespace(env.namespace)); err != nil {
		t.Fatal(err)
	}
	listed, err := json.Marshal(events)
	if err != nil {
		t.Fatal(err)
	}
	families, err := env.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := fmt.Sprint(families)
	there := &v1alpha1.ClerkInstance{}
	env.get(there, "default")
	instance, err := json.Marshal(there)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{value, key} {
		for form, text := range map[string]string{
			"raw": secret, "base64": base64.StdEncoding.EncodeToString([]byte(secret)), "hex": hex.EncodeToString([]byte(secret)), "url": url.QueryEscape(secret),
		} {
			for place, said := range map[string]string{
				"logs": logs.String(), "status": string(status), "events": string(listed), "metrics": counted, "the instance": string(instance),
			} {
				if strings.Contains(said, text) {
					t.Errorf("%s reveal a secret, %s", place, form)
				}
			}
		}
	}
	if !strings.Contains(logs.String(), "Reconciler error") {
		t.Error("the logs were not captured")
	}
}
