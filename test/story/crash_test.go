// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import "net/http"

// crash ends the operator as if its process was killed: its call that hangs is cut, and nothing of it reaches the API server. halt
// ends it as a signal does, after which it finishes its calls and reports them.
func (env *environment) crash() {
	env.cutOff()
	env.stop()
	env.cut.Store(true)
	env.disconnect()
	<-env.done
	env.cut.Store(false)
}

// unlessCut passes calls to Clerk on while it can be reached.
func (env *environment) unlessCut(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if env.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
}
