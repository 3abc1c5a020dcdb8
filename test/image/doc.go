// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package image checks the container image as "make image" writes it: it reads the files without the library that wrote them,
// and has runc run the image, where that is possible, with less than what Kubernetes' strictest security standard leaves.
package image
