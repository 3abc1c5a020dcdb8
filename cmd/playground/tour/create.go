// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

// create is the first step.
func create() Step {
	return Step{Name: "create", Title: "Create a user", Parts: []Part{
		text(`A ClerkInstance names an instance of Clerk, and the Secret with its key. A ClerkUser declares one user. Both are manifests
			for kubectl apply, Argo CD or Flux.`),
		manifest("clerk.yaml"),
		manifest("ada.yaml"),
		command("kubectl apply -f clerk.yaml -f ada.yaml"),
		command("kubectl wait --for=condition=Ready clerkuser/ada --timeout=60s"),
		ready("ada is Ready with the reason InSync", "ada", "InSync"),
		event("ada", "Created"),
		command("kubectl get clerkuser ada"),
		text("The operator creates the user with one call. A user that is as declared takes no further write."),
		calls{"POST /users 200"},
	}}
}
