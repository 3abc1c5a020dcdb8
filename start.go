// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/requirements"
	"github.com/clerk-operator/clerk-operator/internal/version"
)

// identity is what distinguishes the operators of different clusters.
type identity struct {
	// clusterID is the id of this cluster in owner marks.
	clusterID string
	// key signs bindings.
	key binding.Key
}

// prepare logs how the operator was started, checks what it needs from the cluster, and returns its identity.
func prepare(ctx context.Context, config *rest.Config, o options) (identity, error) {
	scheme, err := controller.Scheme()
	if err != nil {
		return identity{}, err
	}
	// This client does not need the lease: it only creates the key. Of two processes that create it, one finds the other's.
	unguarded, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return identity{}, fmt.Errorf("building the client for the start: %w", err)
	}
	clusterID, idErr := findClusterID(ctx, unguarded, o)
	logStart(clusterID, o)
	if idErr != nil && !apierrors.IsForbidden(idErr) {
		return identity{}, idErr
	}
	if err := checkRequirements(ctx, config, o); err != nil {
		return identity{}, err
	}
	if idErr != nil {
		return identity{}, idErr
	}
	key, err := binding.EnsureKey(ctx, unguarded, o.operatorNamespace)
	if err != nil {
		return identity{}, err
	}
	return identity{clusterID, key}, nil
}

// logStart writes the first line of the log. clusterID is "" if it could not be read.
func logStart(clusterID string, o options) {
	ctrl.Log.Info("the operator starts",
		"version", version.Get().Version, "revision", version.Get().Revision, "clusterID", clusterID, "operatorNamespace", o.operatorNamespace, "flags", o.changed)
}

// checkRequirements waits a while for what the operator needs from the cluster, and names what is missing.
func checkRequirements(ctx context.Context, config *rest.Config, o options) error {
	checker, err := requirements.NewChecker(config, requirements.Config{
		OperatorNamespace: o.operatorNamespace,
		WatchNamespaces:   o.watchNamespaces,
		WatchSecrets:      o.watchSecrets,
		LeaderElection:    o.leaderElect,
		Metrics:           o.metricsAddress != "0",
	}, ctrl.Log.WithName("requirements"))
	if err != nil {
		return err
	}
	return checker.Wait(ctx, requirements.Patience)
}

// findClusterID returns the id that identifies this cluster in owner marks.
func findClusterID(ctx context.Context, c client.Client, o options) (string, error) {
	if o.clusterID != "" {
		return o.clusterID, nil
	}
	system := &corev1.Namespace{}
	if err := c.Get(ctx, types.NamespacedName{Name: "kube-system"}, system); err != nil {
		return "", fmt.Errorf("reading Namespace kube-system for the cluster's id (--cluster-id spares that): %w", err)
	}
	return string(system.UID), nil
}
