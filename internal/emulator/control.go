// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "net/http"

func (s *Server) controlRoutes() http.Handler { return http.NewServeMux() }
