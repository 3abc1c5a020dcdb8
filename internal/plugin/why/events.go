// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package why

import (
	"context"
	"slices"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// maxEvents is how many events are shown.
const maxEvents = 10

// events adds the events of the object.
func (c *collector) events(ctx context.Context, object client.Object) {
	list := &eventsv1.EventList{}
	err := c.reader.List(ctx, list, client.InNamespace(object.GetNamespace()),
		client.MatchingFields{"regarding.name": object.GetName(), "regarding.uid": string(object.GetUID())})
	if err != nil {
		c.notShown(cli.Explain(err, cli.Request{Verb: "list", Resource: "events.events.k8s.io", Namespace: object.GetNamespace()}))
		return
	}
	all := eventsIn(list.Items)
	shown := min(len(all), maxEvents)
	c.report.Events, c.report.OlderEvents = all[:shown], len(all)-shown
}

// eventsIn returns events, newest first.
func eventsIn(list []eventsv1.Event) []Event {
	all := make([]Event, 0, len(list))
	for i := range list {
		e := &list[i]
		one := Event{Count: max(1, e.DeprecatedCount), Type: e.Type, Reason: e.Reason, Message: e.Note}
		one.Time = metav1.NewTime(e.EventTime.Time)
		switch {
		case e.Series != nil:
			one.Count, one.Time = e.Series.Count, metav1.NewTime(e.Series.LastObservedTime.Time)
		case !e.DeprecatedLastTimestamp.IsZero():
			one.Time = e.DeprecatedLastTimestamp
		case one.Time.IsZero():
			one.Time = e.CreationTimestamp
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b Event) int { return b.Time.Compare(a.Time.Time) })
	return all
}
