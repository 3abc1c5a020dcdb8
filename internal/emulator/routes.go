// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "net/http"

// routes returns the API. Everything else gets the answer of an unknown route.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	serve := func(method, path string, op operation) {
		mux.Handle(method+" "+BasePath+path, s.authenticated(op))
	}
	serve("GET", "/instance", getInstance)

	serve("GET", "/users", listUsers)
	serve("GET", "/users/count", countUsers)
	serve("POST", "/users", createUser)
	serve("POST", "/users/ban", banUsers)
	serve("POST", "/users/unban", unbanUsers)
	serve("GET", "/users/{user_id}", getUser)
	serve("DELETE", "/users/{user_id}", deleteUser)
	serve("POST", "/users/{user_id}/ban", banUser)
	serve("POST", "/users/{user_id}/unban", unbanUser)
	serve("POST", "/users/{user_id}/lock", lockUser)
	serve("POST", "/users/{user_id}/unlock", unlockUser)
	serve("PUT", "/users/{user_id}/email_address", replaceEmailAddress)
	serve("PUT", "/users/{user_id}/phone_number", replacePhoneNumber)

	serveCredentials(serve)
	serveAccounts(serve)

	serve("POST", "/email_addresses", createEmailAddress)
	serve("GET", "/email_addresses/{id}", getEmailAddress)
	serve("PATCH", "/email_addresses/{id}", updateEmailAddress)
	serve("DELETE", "/email_addresses/{id}", deleteEmailAddress)
	serve("POST", "/phone_numbers", createPhoneNumber)
	serve("GET", "/phone_numbers/{id}", getPhoneNumber)
	serve("PATCH", "/phone_numbers/{id}", updatePhoneNumber)
	serve("DELETE", "/phone_numbers/{id}", deletePhoneNumber)

	// The three writes that share a limit per user.
	perUser := func(r *http.Request) string { return r.PathValue("user_id") }
	mux.Handle("PATCH "+BasePath+"/users/{user_id}", s.limited(updateUser, perUser))
	mux.Handle("PATCH "+BasePath+"/users/{user_id}/metadata", s.limited(mergeMetadata, perUser))
	mux.Handle("PUT "+BasePath+"/users/{user_id}/metadata", s.limited(replaceMetadata, perUser))

	mux.Handle("/", s.authenticated(unserved))
	return mux
}

// unserved answers like an unknown route.
func unserved(*call) (any, error) { return nil, unknownRoute() }

// instanceDocument is Clerk's schema Instance.
type instanceDocument struct {
	Object          string      `json:"object"`
	ID              string      `json:"id"`
	EnvironmentType Environment `json:"environment_type"`
	AllowedOrigins  []string    `json:"allowed_origins"`
	WorkspaceID     *string     `json:"workspace_id"`
}

func getInstance(c *call) (any, error) {
	return instanceDocument{Object: "instance", ID: c.instance.id, EnvironmentType: c.instance.environment}, nil
}
