// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"errors"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

func TestClerkIsAskedAboutAKeyOnce(t *testing.T) {
	t.Parallel()
	checked := checkedKey{endpoint: "api clerk/secret-key", key: testKey}
	with := func(change func(*checkedKey)) checkedKey {
		k := checked
		change(&k)
		return k
	}
	tests := map[string]struct {
		ask   checkedKey
		name  types.NamespacedName
		steps func(*checkedKeys)
		want  int
	}{
		"SameAgain":         {checked, prod, nil, 1},
		"PinThatItSet":      {with(func(k *checkedKey) { k.pin = testID }), prod, nil, 1},
		"AnotherPin":        {with(func(k *checkedKey) { k.pin = "ins_other" }), prod, nil, 2},
		"AnotherKey":        {with(func(k *checkedKey) { k.key = "sk_test_other" }), prod, nil, 2},
		"AnotherEndpoint":   {with(func(k *checkedKey) { k.endpoint = "elsewhere" }), prod, nil, 2},
		"AnotherInstance":   {checked, types.NamespacedName{Namespace: "other", Name: "prod"}, nil, 2},
		"CheckRequired":     {checked, prod, func(k *checkedKeys) { k.requireCheck(prod) }, 2},
		"OfAnotherRequired": {checked, prod, func(k *checkedKeys) { k.requireCheck(types.NamespacedName{Name: "other"}) }, 1},
		"Forgotten":         {checked, prod, func(k *checkedKeys) { k.forget(prod) }, 2},
		"CountedMeanwhile":  {checked, prod, func(k *checkedKeys) { k.writeCounts(prod, start) }, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, asked := newCheckedKeys(time.Now), 0
			check := func() (*connection.Connection, error) {
				asked++
				return &connection.Connection{InstanceID: testID}, nil
			}
			first, err := keys.getOrCheck(prod, checked, check)
			if err != nil {
				t.Fatal(err)
			}
			if tc.steps != nil {
				tc.steps(keys)
			}
			again, err := keys.getOrCheck(tc.name, tc.ask, check)
			if err != nil || again == nil {
				t.Fatalf("getOrCheck() = %v, %v", again, err)
			}
			if asked != tc.want || (again == first) != (tc.want == 1) {
				t.Errorf("Clerk was asked %d times, want %d", asked, tc.want)
			}
		})
	}
}

func TestKeyThatClerkRejectsIsNotRemembered(t *testing.T) {
	t.Parallel()
	keys, refused := newCheckedKeys(time.Now), errors.New("401")
	asked := 0
	check := func() (*connection.Connection, error) { asked++; return nil, refused }
	for range 2 {
		if _, err := keys.getOrCheck(prod, checkedKey{key: testKey}, check); !errors.Is(err, refused) {
			t.Errorf("getOrCheck() = %v", err)
		}
	}
	if asked != 2 {
		t.Errorf("Clerk was asked %d times, want each time", asked)
	}
	if c := keys.findAny(prod, "", ""); c != nil {
		t.Errorf("a rejected key left the connection %v", c)
	}
}

func TestConnectionInMemoryServesItsEndpointOnly(t *testing.T) {
	t.Parallel()
	keys := newCheckedKeys(time.Now)
	c, err := keys.getOrCheck(prod, checkedKey{endpoint: "here", key: testKey}, func() (*connection.Connection, error) {
		return &connection.Connection{InstanceID: testID}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if keys.findAny(prod, "here", "") != c {
		t.Error("the connection is not kept")
	}
	if keys.findAny(prod, "elsewhere", "") != nil {
		t.Error("a key is used for what it was not read for")
	}
	if keys.findAny(types.NamespacedName{Name: "other"}, "here", "") != nil {
		t.Error("another instance is given the connection")
	}
	keys.requireCheck(prod)
	if keys.findAny(prod, "here", "") != nil {
		t.Error("a key that has to be checked again is still used")
	}
}

// The rate limiter knows what Clerk refused: another one would ask again at once.
func TestKeyKeepsItsRateLimiterUntilClerkHasAnswered(t *testing.T) {
	t.Parallel()
	other := types.NamespacedName{Name: "other"}
	checks := func(key string) func(*checkedKeys) {
		return func(k *checkedKeys) {
			_, _ = k.getOrCheck(prod, checkedKey{key: key}, func() (*connection.Connection, error) {
				return &connection.Connection{InstanceID: testID}, nil
			})
		}
	}
	tests := map[string]struct {
		then func(*checkedKeys)
		name types.NamespacedName
		key  string
		same bool
	}{
		"SameKey":       {func(*checkedKeys) {}, prod, testKey, true},
		"AnotherKey":    {func(*checkedKeys) {}, prod, "sk_test_other", false},
		"AnotherName":   {func(*checkedKeys) {}, other, testKey, false},
		"CheckRequired": {func(k *checkedKeys) { k.requireCheck(prod) }, prod, testKey, true},
		"OtherIsGone":   {func(k *checkedKeys) { k.forget(other) }, prod, testKey, true},
		"Forgotten":     {func(k *checkedKeys) { k.forget(prod) }, prod, testKey, false},
		"Checked":       {checks(testKey), prod, testKey, false},
		"KeyInBetween":  {func(k *checkedKeys) { k.limiter(prod, "sk_test_other", openLimiter) }, prod, testKey, false},
		"RefusedAgain": {func(k *checkedKeys) {
			_, _ = k.getOrCheck(prod, checkedKey{key: testKey}, func() (*connection.Connection, error) { return nil, errors.New("401") })
		}, prod, testKey, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := newCheckedKeys(time.Now)
			first := keys.limiter(prod, testKey, openLimiter)
			tc.then(keys)
			if again := keys.limiter(tc.name, tc.key, openLimiter); (again == first) != tc.same {
				t.Errorf("the same rate limiter: %t, want %t", again == first, tc.same)
			}
		})
	}
}

func openLimiter() *clerk.RateLimiter { return clerk.NewRateLimiter(clerk.RateLimiterConfig{}) }

func TestCountsAreWrittenAtMostOncePerInterval(t *testing.T) {
	t.Parallel()
	keys := newCheckedKeys(time.Now)
	steps := []struct {
		at   time.Duration
		want bool
	}{
		{0, true}, {0, false}, {10*time.Second - time.Nanosecond, false}, {10 * time.Second, true}, {11 * time.Second, false},
		{20 * time.Second, true}, {time.Hour, true},
	}
	for _, s := range steps {
		at := start.Add(s.at)
		if got := keys.countsDue(prod, at, 10*time.Second); got != s.want {
			t.Errorf("after %s counts are due: %t, want %t", s.at, got, s.want)
		}
		if s.want {
			keys.writeCounts(prod, at)
		}
	}
}

// TestLastCheckIsTheLastThatSucceeded checks a key, has it rejected, and forgets the instance.
func TestLastCheckIsTheLastThatSucceeded(t *testing.T) {
	t.Parallel()
	now := start
	keys := newCheckedKeys(func() time.Time { return now })
	expect := func(want time.Time) {
		t.Helper()
		if got := keys.lastCheck(prod); !got.Equal(want) {
			t.Errorf("the last check was at %v, want %v", got, want)
		}
	}
	check := func(err error) {
		_, _ = keys.getOrCheck(prod, checkedKey{key: testKey}, func() (*connection.Connection, error) {
			return &connection.Connection{InstanceID: testID}, err
		})
	}
	expect(time.Time{})
	check(errors.New("401"))
	expect(time.Time{})
	check(nil)
	expect(start)
	now = start.Add(time.Minute)
	check(nil)
	keys.requireCheck(prod)
	check(errors.New("401"))
	expect(start)
	check(nil)
	expect(now)
	keys.forget(prod)
	expect(time.Time{})
	if len(keys.entries) != 0 {
		t.Error("asking for the last check keeps an instance that is gone")
	}
}
