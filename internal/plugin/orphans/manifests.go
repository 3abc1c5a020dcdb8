// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package orphans

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/plugin/manifest"
)

// manifests writes the ClerkUsers that bring orphans back.
type manifests struct {
	instance *v1alpha1.ClerkInstance
	// enforce is true for ClerkUsers that the operator carries out, false for those that it only observes.
	enforce bool
	// reserved are the names that ClerkUsers have; given are those of the manifests.
	reserved map[types.NamespacedName]object
	given    map[types.NamespacedName]bool
}

// write writes the manifests as a YAML stream.
func (m manifests) write(out io.Writer, orphans []Orphan, obstacles map[string]string) error {
	for _, o := range orphans {
		text, err := manifest.Of(o.Namespace, m.name(o), m.spec(o)).YAML()
		if err != nil {
			return err
		}
		comment := "# " + cli.Line(o.UserID) + ": " + o.Cause.sentence() + "\n"
		if why := obstacles[o.Namespace]; why != "" {
			comment += "# The operator does not accept it as it is: " + cli.Line(why) + "\n"
		}
		if _, err := fmt.Fprintf(out, "---\n%s%s", comment, text); err != nil {
			return fmt.Errorf("writing the manifests: %w", err)
		}
	}
	return nil
}

// spec is the least that a ClerkUser needs to have the user. A field that is omitted is not managed, so nothing changes.
func (m manifests) spec(o Orphan) *v1alpha1.ClerkUserSpec {
	spec := &v1alpha1.ClerkUserSpec{InstanceRef: &v1alpha1.InstanceReference{Name: m.instance.Name}, UserID: ptr.To(o.UserID)}
	if o.Namespace != m.instance.Namespace {
		spec.InstanceRef.Namespace = ptr.To(m.instance.Namespace)
	}
	if !m.enforce {
		spec.Mode = ptr.To(v1alpha1.ModeObserve)
	}
	return spec
}

// maxName is how long the name of an object may be.
const maxName = 253

// name returns the name that the ClerkUser had, if it is free, or else the name with a suffix that follows from the user's id.
func (m manifests) name(o Orphan) string {
	name := types.NamespacedName{Namespace: o.Namespace, Name: o.Name}
	digest := sha256.Sum256([]byte(o.UserID))
	suffix := hex.EncodeToString(digest[:])
	for digits := 8; m.taken(name) && digits <= len(suffix); digits *= 2 {
		kept := o.Name[:min(len(o.Name), maxName-1-digits)]
		name.Name = strings.TrimRight(kept, "-.") + "-" + suffix[:digits]
	}
	m.given[name] = true
	return name.Name
}

func (m manifests) taken(name types.NamespacedName) bool {
	_, reserved := m.reserved[name]
	return reserved || m.given[name]
}

// obstaclesOf returns for each namespace of orphans why the operator would not let a ClerkUser there have its user; namespaces without
// an obstacle are left out.
func obstaclesOf(ctx context.Context, cluster client.Reader, instance *v1alpha1.ClerkInstance, orphans []Orphan) map[string]string {
	obstacles, asked := map[string]string{}, map[string]bool{}
	for _, o := range orphans {
		if asked[o.Namespace] {
			continue
		}
		asked[o.Namespace] = true
		if why := obstacle(ctx, cluster, instance, o.Namespace); why != "" {
			obstacles[o.Namespace] = why
		}
	}
	return obstacles
}

func obstacle(ctx context.Context, cluster client.Reader, instance *v1alpha1.ClerkInstance, namespace string) string {
	name := client.ObjectKeyFromObject(instance)
	// An error leaves open whether labels admit the namespace; the operator will say so.
	admits, err := index.Admits(ctx, cluster, instance, namespace)
	switch adoption := instance.Spec.Adoption(); {
	case err == nil && !admits:
		return fmt.Sprintf("allowedNamespaces of ClerkInstance %s does not admit namespace %s", name, namespace)
	case adoption == v1alpha1.AdoptionNone:
		return fmt.Sprintf("policy.adoption of ClerkInstance %s is None; set it to SameNamespace or All while the users are adopted", name)
	case adoption == v1alpha1.AdoptionSameNamespace && namespace != instance.Namespace:
		return fmt.Sprintf("policy.adoption of ClerkInstance %s is SameNamespace; set it to All while the users are adopted", name)
	}
	return ""
}
