// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"embed"
	"net/http"
)

// files are the templates, and what the pages load.
//
//go:embed templates assets
var files embed.FS

// serveAsset serves a file that the pages load.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	//nolint:gosec // the embedded file system has no other files, and no way out
	http.ServeFileFS(w, r, files, "assets/"+r.PathValue("name"))
}
