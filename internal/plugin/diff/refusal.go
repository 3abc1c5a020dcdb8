// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// Refusal is a manifest that the API server would not store.
type Refusal struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Source is the file, URL or directory that it is from.
	Source string `json:"source"`
	// Problems say what is wrong with it.
	Problems []string `json:"problems"`
}

// refusalOf returns why the API server would not store a manifest.
func refusalOf(o outcome) Refusal {
	return Refusal{
		Kind: o.manifest.GetKind(), Namespace: o.manifest.GetNamespace(), Name: o.manifest.GetName(), Source: o.manifest.source,
		Problems: problems(o),
	}
}

// problems returns what is wrong with a manifest: one text for each cause that the API server names. What it says of a Secret or
// ConfigMap can contain a value, and only the fields are named.
func problems(o outcome) []string {
	status, ok := errors.AsType[*apierrors.StatusError](o.err)
	switch {
	case cli.NotInstalled(o.err):
		return []string{"the cluster has no kind " + o.manifest.GetKind() + " in " + o.manifest.GetAPIVersion() +
			"; correct the manifest, or install clerk-operator first"}
	case !ok:
		return []string{o.err.Error()}
	case apierrors.IsForbidden(o.err) && isSource(o.manifest.id().kind):
		return []string{"you may not apply it, or an admission policy forbids it; kubectl diff shows why (a dry run needs the rights that apply needs)"}
	case apierrors.IsForbidden(o.err) && causes(status) == nil:
		return []string{status.Status().Message + " (a dry run needs the rights that apply needs)"}
	case apierrors.IsNotFound(o.err):
		return []string{status.Status().Message + "; create the namespace first, or add it to the manifests"}
	}
	secret := isSource(o.manifest.id().kind)
	var found []string
	for _, cause := range causes(status) {
		if text := cause.Field + ": " + cause.Message; !secret {
			found = append(found, strings.TrimPrefix(text, ": "))
		} else if cause.Field != "" {
			found = append(found, cause.Field+" is invalid")
		}
	}
	switch {
	case apierrors.IsConflict(o.err) && len(found) == 0:
		return []string{"its metadata.resourceVersion is not the current one; remove that field from the manifest"}
	case apierrors.IsConflict(o.err):
		return append(found, "add --force-conflicts to take these fields over, as the apply then has to do too")
	case len(found) > 0:
		return found
	case secret:
		return []string{"the API server refuses it (" + string(status.Status().Reason) + "); kubectl diff shows why"}
	}
	return []string{status.Status().Message}
}

func causes(status *apierrors.StatusError) []metav1.StatusCause {
	if details := status.Status().Details; details != nil {
		return details.Causes
	}
	return nil
}
