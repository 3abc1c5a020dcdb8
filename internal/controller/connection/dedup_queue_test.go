// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDedupQueueHoldsEachItemOnceInOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		puts [][]string
		want []string
	}{
		"Nothing":             {nil, nil},
		"NothingIsPut":        {[][]string{{}, nil}, nil},
		"OneByOne":            {[][]string{{"c"}, {"a"}, {"b"}}, []string{"c", "a", "b"}},
		"AllAtOnce":           {[][]string{{"c", "a", "b"}}, []string{"c", "a", "b"}},
		"TwiceInOneGo":        {[][]string{{"a", "b", "a"}}, []string{"a", "b"}},
		"TwiceAfterEachOther": {[][]string{{"a"}, {"b"}, {"a", "b", "c"}}, []string{"a", "b", "c"}},
		"EmptyTextIsAnItem":   {[][]string{{""}, {""}}, []string{""}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := NewDedupQueue[string]()
			for _, items := range tc.puts {
				q.Add(items...)
			}
			if diff := cmp.Diff(tc.want, q.Take()); diff != "" {
				t.Errorf("taken (-want +got):\n%s", diff)
			}
			if left := q.Take(); len(left) != 0 {
				t.Errorf("%v are taken twice", left)
			}
			q.Add("a")
			if again := q.Take(); !slices.Equal(again, []string{"a"}) {
				t.Errorf("put in again after it was taken, it is %v", again)
			}
		})
	}
}

func TestNobodyWaitsToPutSomethingIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const many = 10_000
		q := NewDedupQueue[int]()
		for n := range many {
			q.Add(n, n/2)
		}
		if got := q.Take(); len(got) != many || got[0] != 0 || got[many-1] != many-1 {
			t.Errorf("%d items are held, want %d", len(got), many)
		}
	})
}

func TestReaderIsGivenWhatThereIsAndWhatComes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		q := NewDedupQueue[string]()
		q.Add("a", "b")
		var got [][]string
		go q.Receive(ctx, func(items []string) {
			got = append(got, items)
			if len(got) == 1 {
				// Items that arrive while the reader is busy are not lost.
				q.Add("c", "a")
			}
		})
		synctest.Wait()
		q.Add()
		synctest.Wait()
		q.Add("d")
		synctest.Wait()
		if diff := cmp.Diff([][]string{{"a", "b"}, {"c", "a"}, {"d"}}, got); diff != "" {
			t.Errorf("read (-want +got):\n%s", diff)
		}
	})
}

// The bubble fails the test if the reader does not end.
func TestReadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := NewDedupQueue[string]()
		read := func(ctx context.Context) (all []string) {
			q.Receive(ctx, func(items []string) { all = append(all, items...) })
			return all
		}
		first, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := read(first); got != nil {
			t.Errorf("of an empty queue %v are read", got)
		}
		q.Add("a")
		second, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := read(second); !slices.Equal(got, []string{"a"}) {
			t.Errorf("another reader is given %v, want what was put in when there was none", got)
		}
	})
}

// Run with the race detector.
func TestWhatManyPutInIsRead(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 500
	q := NewDedupQueue[int]()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := map[int]bool{}
	var reader, puts sync.WaitGroup
	reader.Go(func() {
		q.Receive(ctx, func(items []int) {
			for _, item := range items {
				seen[item] = true
			}
			if len(seen) == writers*each {
				cancel()
			}
		})
	})
	for w := range writers {
		puts.Go(func() {
			for n := range each {
				q.Add(w*each+n, n)
			}
		})
	}
	puts.Wait()
	giveUp := time.AfterFunc(10*time.Second, cancel)
	defer giveUp.Stop()
	reader.Wait()
	if len(seen) != writers*each {
		t.Errorf("%d of %d items were read", len(seen), writers*each)
	}
}
