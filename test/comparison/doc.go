// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package comparison measures what docs/explanation/comparison.md says about scripts: how many calls they make to keep users as
// declared. Both scripts are what people write first, in the calls that curl would make.
package comparison
