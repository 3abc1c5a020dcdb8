// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/common/model"
)

// firing is an alert that fires or fired.
type firing struct {
	labels model.LabelSet
	// began is when it was seen to fire first, ended when it was first seen not to fire any more; zero if it still fires.
	began, ended time.Time
}

func (f *firing) name() string { return string(f.labels[model.AlertNameLabel]) }

// watcher notes which alerts fire, four times a second.
type watcher struct {
	mu    sync.Mutex
	fired []*firing
	err   error
}

// watch notes alerts until ctx ends.
func (env *Environment) watch(ctx context.Context, w *watcher) {
	for sleep(ctx, time.Second/4) == nil {
		result, err := env.prometheus.Alerts(ctx)
		if ctx.Err() != nil {
			return
		}
		var now []model.LabelSet
		for _, alert := range result.Alerts {
			if alert.State == "firing" {
				now = append(now, alert.Labels)
			}
		}
		w.note(time.Now(), now, err)
	}
}

// note compares the alerts that fire with those that fired so far.
func (w *watcher) note(at time.Time, now []model.LabelSet, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err = err; err != nil {
		return
	}
	fire := map[model.Fingerprint]model.LabelSet{}
	for _, labels := range now {
		fire[labels.Fingerprint()] = labels
	}
	for _, f := range w.fired {
		if !f.ended.IsZero() {
			continue
		}
		if _, still := fire[f.labels.Fingerprint()]; !still {
			f.ended = at
		}
		delete(fire, f.labels.Fingerprint())
	}
	for _, labels := range fire {
		w.fired = append(w.fired, &firing{labels: labels, began: at})
	}
}

// all returns copies of all alerts so far.
func (w *watcher) all() []firing {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []firing
	for _, f := range w.fired {
		all = append(all, *f)
	}
	return all
}

// quiet returns an error that names the alerts that fire, or the error of the last question to Prometheus.
func (w *watcher) quiet() error {
	w.mu.Lock()
	err := w.err
	w.mu.Unlock()
	for _, f := range w.all() {
		if f.ended.IsZero() {
			err = errors.Join(err, fmt.Errorf("alert %v fires", f.labels))
		}
	}
	return err
}
