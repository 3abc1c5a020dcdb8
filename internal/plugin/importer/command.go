// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package importer is the command kubectl clerk import: users of a Clerk instance as manifests of ClerkUsers.
//
//	walk (pages of users) ──> filter ──> standing (managed already?) ──> name ──> fields, settled by the planner ──> output
//
// Nothing is kept of a user that is done but its id and name, so that memory does not grow with what users have.
package importer

import (
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/clerkaccess"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

const long = `Writes users of a Clerk instance as manifests of ClerkUsers, which you can apply to bring the users under management.

INSTANCE is a ClerkInstance as name or namespace/name. By default it is the one named default in the namespace, or the only one. The
manifests have the namespace of --namespace, or else that of the ClerkInstance.

What applying the manifests does:
- By default they have "mode: Observe": the operator reads the users, changes nothing at Clerk, and shows what differs from then on.
- With --enforce, the operator adopts the users. It writes its owner mark into the private metadata of each user, with one call. It
  writes nothing else, since a field that the operator would change is not in the manifest. From then on it corrects differences, also
  those that users make themselves. When you delete the ClerkUser, the user stays at Clerk, unless you set deletionPolicy.

Which users are imported: those that match all given filters. --query is Clerk's own search. The other filters are exact:
- --email-domain compares the part behind the @ of each address, without regard to upper and lower case. Unverified addresses do not
  count, since anybody can enter one.
- --metadata compares a text, number or boolean in public metadata, written as text. Dots lead to nested keys.
Skipped are users that a ClerkUser of this cluster has, and users with the owner mark of another cluster.

Which fields the manifests have: the groups of --fields.
- identifiers: username, externalID, and verified or reserved emailAddresses and phoneNumbers
- profile: firstName, lastName, locale
- publicMetadata, privateMetadata, unsafeMetadata: without the operator's own keys
- access: banned, true or false, and locked for a lock without end
- permissions: deleteSelfEnabled, createOrganizationEnabled, createOrganizationsLimit, bypassClientTrust
By default: identifiers, profile and publicMetadata. Private metadata may hold secrets, and everybody who may read a ClerkUser can read
it there. Unsafe metadata is written by users themselves. Passwords, second factors and images are never imported.

How the objects are named: --name is a Go template with the fields ` + nameFieldsHelp + `.
"first" returns its first argument with a letter or digit that a name can have. Letters with marks lose them, and other characters
become hyphens. If several users want one name, the oldest gets it, and the others get a suffix that follows from their ids. So the same
users get the same names each time. A name that another ClerkUser of the namespace has is not used.

With --output-dir, each ClerkUser gets a file of its own, and kustomization.yaml lists them. Only you can read the files. An import that
was interrupted continues with --resume. Without --output-dir, the manifests are written to standard output.

The key for Clerk is that of the ClerkInstance if you may read its Secret, or else that in the variable CLERK_SECRET_KEY. Clerk is only
read: one call for 500 users.

Exit codes: 0 done, 2 failed.`

const examples = `  # Look at the first ten users of the ClerkInstance named default
  kubectl clerk import --limit 10

  # Write all users of a ClerkInstance to a directory, and have the operator observe them
  kubectl clerk import clerk-system/production --output-dir users
  kubectl apply -k users

  # Adopt the colleagues of one company, named after the local part of their addresses
  kubectl clerk import --email-domain example.com --enforce --name '{{.EmailLocalPart}}' | kubectl apply -f -

  # Import all administrators with their roles and nothing else
  kubectl clerk import --metadata role=admin --fields publicMetadata --output-dir admins

  # Continue an import that was interrupted
  kubectl clerk import clerk-system/production --output-dir users --resume`

// options are the flags of the command.
type options struct {
	access clerkaccess.Flags
	format cli.Output

	query, emailDomain, name, outputDir        string
	ids, metadata, fields                      []string
	banned                                     bool
	enforce, resume, overwrite, includeManaged bool
	limit                                      int

	// bannedFilter is the value of --banned; nil if it is not given.
	bannedFilter *bool
}

// NewCommand returns the command import.
func NewCommand(e *cli.Environment) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:               "import [INSTANCE]",
		Short:             "Write users of a Clerk instance as manifests to adopt them",
		Long:              long,
		Example:           examples,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: e.CompleteName(func() client.ObjectList { return &v1alpha1.ClerkInstanceList{} }),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("banned") {
				o.bannedFilter = &o.banned
			}
			if err := emptyFilter(cmd.Flags()); err != nil {
				return err
			}
			return o.run(cmd.Context(), e, strings.Join(args, ""))
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *options) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.query, "query", "", "import users that Clerk finds for a part of a name, address, number, username, wallet or id")
	f.StringVar(&o.emailDomain, "email-domain", "", "import users with an address of this domain, such as example.com")
	f.StringSliceVar(&o.ids, "id", nil, "import the users with these ids")
	f.StringArrayVar(&o.metadata, "metadata", nil, "import users with this key=value in public metadata; key.below=value for a nested key")
	f.BoolVar(&o.banned, "banned", false, "import banned users only; with --banned=false, only others")
	f.BoolVar(&o.enforce, "enforce", false, "write manifests by which the operator adopts the users, instead of mode Observe")
	f.BoolVar(&o.includeManaged, "include-managed", false, "import users that another cluster manages, too; the operator reports AlreadyExists until that cluster releases them")
	f.StringVar(&o.name, "name", defaultName, "Go template of the objects' names")
	f.StringSliceVar(&o.fields, "fields", defaultGroups(), "groups of fields: "+strings.Join(groupNames(), ", ")+`; "" for userID alone`)
	f.IntVar(&o.limit, "limit", 0, "write at most this number of manifests; 0 is all")
	f.StringVar(&o.outputDir, "output-dir", "", "directory for one file per ClerkUser and kustomization.yaml")
	f.BoolVar(&o.resume, "resume", false, "continue an interrupted import in the directory")
	f.BoolVar(&o.overwrite, "overwrite", false, "replace the import in the directory: "+filePrefix+"*"+fileSuffix+" and "+kustomizationFile)
	o.format.AddFlag(cmd)
	o.access.AddFlags(cmd)
	for _, name := range []string{"query", "email-domain", "id", "metadata", "name", "limit"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	_ = cmd.RegisterFlagCompletionFunc("fields", cobra.FixedCompletions(groupNames(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagDirname("output-dir")
	cmd.MarkFlagsMutuallyExclusive("query", "id")
	cmd.MarkFlagsMutuallyExclusive("resume", "overwrite")
	cmd.MarkFlagsMutuallyExclusive("output", "output-dir")
}
