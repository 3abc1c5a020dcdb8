// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metricsaccess

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/clerk-operator/clerk-operator/internal/logging"
)

// Filter returns a filter for the metrics server. It answers 401 without a valid bearer token, 403 to a user without the right,
// 500 if the API server could not be asked, and 503 while too many other requests are being reviewed. The client sends the
// reviews; they are POSTs, also on a process that does not lead.
func Filter(config *rest.Config, httpClient *http.Client, now func() time.Time) (metricsserver.Filter, error) {
	reviewer, err := newReviewer(config, httpClient, now)
	if err != nil {
		return nil, err
	}
	return func(log logr.Logger, metrics http.Handler) (http.Handler, error) {
		return reviewer.filter(log, metrics), nil
	}, nil
}

// filter returns a handler that lets allowed requests pass to another one.
func (r *reviewer) filter(log logr.Logger, next http.Handler) http.Handler {
	failures := logging.NewFailures(r.now)
	return http.HandlerFunc(func(w http.ResponseWriter, received *http.Request) {
		status, err := r.review(received)
		if err != nil {
			logFailure(log, failures, status, err, "cannot find out who may read metrics")
		}
		if status != http.StatusOK {
			http.Error(w, http.StatusText(status), status)
			return
		}
		answer := &answer{ResponseWriter: w}
		next.ServeHTTP(answer, received)
		if answer.status >= http.StatusInternalServerError {
			logFailure(log, failures, answer.status, errNotGathered, "cannot serve metrics")
		}
	})
}

// errNotGathered stands for what the answer says: the values of labels that it quotes do not belong into the log.
var errNotGathered = errors.New("gathering metrics failed; the answer to GET /metrics says why")

// answer notes the status of an answer; 0 if none was written, which means 200.
type answer struct {
	http.ResponseWriter

	status int
}

// WriteHeader notes the status, and writes it.
func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap returns the writer for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// logFailure writes that a request failed, unless it repeats a failure that was written: anybody can send requests.
func logFailure(log logr.Logger, failures *logging.Failures, status int, err error, message string) {
	occurred := failures.Failed("", logging.Failure{Of: message, Text: strconv.Itoa(status)})
	if !occurred.Write {
		return
	}
	values := []any{"status", status}
	if occurred.Repeated > 0 {
		values = append(values, "repeated", occurred.Repeated)
	}
	log.Error(err, message, values...)
}

// bearerToken returns the bearer token of a request; "" if there is none.
func bearerToken(r *http.Request) string {
	scheme, token, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
