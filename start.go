// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/requirements"
	"github.com/clerk-operator/clerk-operator/internal/options"
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
func prepare(ctx context.Context, config *rest.Config, o options.Options) (identity, error) {
	scheme, err := controller.Scheme()
	if err != nil {
		return identity{}, err
	}
	// This client does not need the lease: it only creates the key. Of two processes that create it, one finds the other's.
	unguarded, err := client.New(config, client.Options{Scheme: scheme, FieldOwner: v1alpha1.FieldManager})
	if err != nil {
		return identity{}, fmt.Errorf("building the client for the start: %w", err)
	}
	cluster, err := kubernetes.NewForConfig(config)
	if err != nil {
		return identity{}, fmt.Errorf("building the client for the start: %w", err)
	}
	clusterID, idErr := awaitClusterID(ctx, cluster, o)
	if idErr != nil && !apierrors.IsForbidden(idErr) {
		return identity{}, idErr
	}
	if err := checkRequirements(ctx, config, o); err != nil {
		return identity{}, err
	}
	if idErr != nil {
		return identity{}, idErr
	}
	key, err := binding.EnsureKey(ctx, unguarded, o.OperatorNamespace)
	if err != nil {
		return identity{}, err
	}
	return identity{clusterID, key}, nil
}

// logStart writes the first line of the log. clusterID is "" if it is not known.
func logStart(clusterID string, o options.Options) {
	ctrl.Log.Info("the operator starts",
		"version", version.Get().Version, "revision", version.Get().Revision, "clusterID", clusterID, "operatorNamespace", o.OperatorNamespace, "flags", o.Changed)
}

// checkRequirements waits a while for what the operator needs from the cluster, and names what is missing.
func checkRequirements(ctx context.Context, config *rest.Config, o options.Options) error {
	checker, err := requirements.NewChecker(config, requirements.Config{
		OperatorNamespace: o.OperatorNamespace,
		WatchNamespaces:   o.WatchNamespaces,
		WatchSecrets:      o.WatchSecrets,
		LeaderElection:    o.LeaderElect,
		Metrics:           o.MetricsAddress != "0",
	}, ctrl.Log.WithName("requirements"))
	if err != nil {
		return err
	}
	return checker.Wait(ctx, requirements.Patience)
}

// awaitClusterID waits until the API server answers, returns the id of this cluster, and logs how the operator was started: when the
// id is known, or before the wait.
func awaitClusterID(ctx context.Context, cluster kubernetes.Interface, o options.Options) (string, error) {
	waited := false
	var id string
	err := awaitAnswer(ctx, answerPatience, func(ctx context.Context) (err error) {
		id, err = findClusterID(ctx, cluster, o)
		return err
	}, func(err error) {
		waited = true
		logStart(o.ClusterID, o)
		ctrl.Log.Info("the API server does not answer; the operator waits for it", "error", err.Error(), "for", answerPatience.String())
	})
	switch {
	case !waited:
		logStart(id, o)
	case err == nil:
		ctrl.Log.Info("the API server answers", "clusterID", id)
	}
	return id, err
}

// findClusterID returns the id that identifies this cluster in owner marks. If it is given, it still asks the API server something.
func findClusterID(ctx context.Context, cluster kubernetes.Interface, o options.Options) (string, error) {
	if o.ClusterID != "" {
		err := cluster.Discovery().RESTClient().Get().AbsPath("/version").Do(ctx).Error()
		if answered(err) {
			err = nil // Whoever may not read the version may still do all else.
		}
		return o.ClusterID, err
	}
	system, err := cluster.CoreV1().Namespaces().Get(ctx, metav1.NamespaceSystem, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("reading Namespace kube-system for the cluster's id (--cluster-id spares that): %w", err)
	}
	return string(system.UID), nil
}
