// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// IsAddress reports whether the Host of a request is an IP address or localhost, with or without a port. Any other name may be one that
// a web page had resolved to this machine ("DNS rebinding"), so that the browser takes the emulator for a part of that page's site.
func IsAddress(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// fromBrowser reports whether a browser sent a request. A browser names an origin with whatever changes something, and calls itself
// Mozilla with everything.
func fromBrowser(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || strings.HasPrefix(r.UserAgent(), "Mozilla/")
}

// addressed serves requests of browsers only under an address, as IsAddress has it.
func addressed(next http.Handler) http.Handler {
	refusal := controlOperation(func(*http.Request) (any, error) {
		return nil, controlError{http.StatusMisdirectedRequest, "open the emulator by its IP address or as localhost: a page of another site may have sent this"}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fromBrowser(r) && !IsAddress(r.Host) {
			refusal.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
