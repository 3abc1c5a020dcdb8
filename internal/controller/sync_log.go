// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"github.com/go-logr/logr"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/logging"
)

// syncLog writes that the mirrors' syncs fail, once and then at growing intervals, and that they no longer fail. The condition of the
// ClerkInstances tells it only when it lasts.
type syncLog struct {
	log      logr.Logger
	failures *logging.Failures
}

// observe is told of each read of a sync of the mirror of a Clerk instance. The ClerkInstances tell of a key that Clerk refuses.
func (l syncLog) observe(instanceID, sync string, err error) {
	of := sync + " of " + instanceID
	switch {
	case err == nil:
		for _, ended := range l.failures.Succeeded(of) {
			l.log.Info("failure ended", "error", ended.Text, "of", ended.Of, "repeated", ended.Repeated, "lasted", ended.Lasted.String())
		}
		return
	case clerk.Unauthorized(err):
		return
	}
	occurred := l.failures.Failed(of, logging.Failure{Kind: "sync", Of: of, Text: reconcile.StableText(err)})
	if !occurred.Write {
		return
	}
	values := []any{"of", of, "clerkInstanceID", instanceID}
	if occurred.Repeated > 0 {
		values = append(values, "repeated", occurred.Repeated, "lasts", occurred.For.String())
	}
	l.log.Error(err, "reading Clerk's list of users failed; it is retried", values...)
}
