// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/clerk-operator/clerk-operator/internal/plugin"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// result is what a command wrote, and its exit code.
type result struct {
	out, errOut string
	code        int
	// raw is errOut with the flags that lead to the control plane of the tests.
	raw string
}

// run runs the plugin with these arguments in the namespace of the environment, with all rights.
func (env *environment) run(args ...string) result {
	env.t.Helper()
	return env.runWith(env.t.Context(), nil, args...)
}

// runWith runs the plugin with a context and environment variables.
func (env *environment) runWith(ctx context.Context, variables map[string]string, args ...string) result {
	env.t.Helper()
	var out bytes.Buffer
	r := env.runTo(ctx, variables, &out, args...)
	r.out = env.withoutConnection(out.String())
	return r
}

// runTo runs the plugin with a stream for its output.
func (env *environment) runTo(ctx context.Context, variables map[string]string, out io.Writer, args ...string) result {
	env.t.Helper()
	return env.runFrom(ctx, "", variables, out, append([]string{"--namespace", env.namespace}, args...)...)
}

// runFrom runs the plugin with a text as standard input and a stream for its output. If the arguments name no namespace, it is default.
func (env *environment) runFrom(ctx context.Context, in string, variables map[string]string, out io.Writer, args ...string) result {
	env.t.Helper()
	var errOut bytes.Buffer
	e := &cli.Environment{
		IOStreams: genericiooptions.IOStreams{In: strings.NewReader(in), Out: out, ErrOut: &errOut},
		Flags:     genericclioptions.NewConfigFlags(true),
		Getenv:    func(name string) string { return variables[name] },
		Now:       time.Now,
	}
	code := plugin.Run(ctx, e, append([]string{"--kubeconfig", controlplane.Kubeconfig(env.t)}, args...))
	return result{errOut: env.withoutConnection(errOut.String()), raw: errOut.String(), code: code}
}

// withoutConnection removes the flag that leads to the control plane of the tests from the commands in an output, so that they are as
// those of somebody whose kubeconfig leads there. TestNextCommandsGoToTheSameCluster is about that flag.
func (env *environment) withoutConnection(output string) string {
	env.t.Helper()
	return strings.ReplaceAll(output, " --kubeconfig="+cli.Quote(controlplane.Kubeconfig(env.t)), "")
}

// decode reads the output of -o json.
func (r result) decode(env *environment, into any) {
	env.t.Helper()
	if err := json.Unmarshal([]byte(r.out), into); err != nil {
		env.t.Fatalf("reading the output: %v\n%s%s", err, r.out, r.errOut)
	}
}

// tenant returns the flags by which a command runs as somebody who has these rights in the namespace only.
func (env *environment) tenant(rules ...rbacv1.PolicyRule) []string {
	env.t.Helper()
	name := "tenant-of-" + env.namespace
	env.create(&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name}, Rules: rules})
	env.create(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
	})
	for _, rule := range rules {
		env.awaitRight(name, rule)
	}
	return []string{"--as", name}
}

// awaitRight waits until the API server knows of a right. It reads Roles a moment after they are written.
func (env *environment) awaitRight(user string, rule rbacv1.PolicyRule) {
	env.t.Helper()
	wanted := &authorizationv1.ResourceAttributes{
		Namespace: env.namespace, Verb: rule.Verbs[0], Group: rule.APIGroups[0], Resource: rule.Resources[0], Name: strings.Join(rule.ResourceNames, ""),
	}
	env.eventually("the right of "+user, func() error {
		review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: wanted}}
		if err := env.client.Create(env.t.Context(), review); err != nil || review.Status.Allowed {
			return err
		}
		return errors.New(review.Status.Reason)
	})
}

// may is the right to read a kind of the operator.
func may(resources ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{"clerk-operator.io"}, Resources: resources, Verbs: []string{"get", "list"}}
}
