// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package browser opens the emulator's page in Chromium, beside an operator and a control plane.
package browser
