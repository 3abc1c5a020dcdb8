// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/zap/zapcore"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// leakEnvironment is an environment that records everything its operator writes, and whose Clerk repeats what it was sent.
type leakEnvironment struct {
	*environment

	leakMarkers []leakMarker
	logs        *safeBuffer
	// asked is what the operator asked the API server for, less what it wrote into Secrets.
	asked *safeBuffer
}

// newLeakEnvironment makes an environment whose operator watches Secrets, logs everything, and has a key that is a leak marker.
func newLeakEnvironment(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *leakEnvironment {
	t.Helper()
	env := &leakEnvironment{environment: newEnvironment(t, change...), logs: &safeBuffer{}, asked: &safeBuffer{}}
	clerk := httptest.NewServer(echoing(t, contract.Enforce(t, env.server)))
	t.Cleanup(clerk.Close)
	env.url = clerk.URL
	// Short enough that nothing takes it for a credential because it is long.
	key := env.addMarker("the instance key", "sk_live_"+random(letters+capitals, 13))
	env.clerk.AddKey(key)
	env.setKey(key)
	env.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.APIURL = new(clerk.URL + "/v1") })
	env.logger = zap.New(zap.WriteTo(withoutBodies{env.logs}), func(o *zap.Options) {
		o.Level = zapcore.Level(-127)
		// Digits of a time could be taken for a code.
		o.EncoderConfigOptions = append(o.EncoderConfigOptions, func(c *zapcore.EncoderConfig) { c.TimeKey = zapcore.OmitKey })
	})
	env.watchingSecrets()
	env.config.Wrap(env.listen)
	env.tune = func(c *controller.Config) { c.WatchSecrets = true }
	return env
}

// withoutBodies leaves out what client-go logs of requests and answers from level 8 on, Secrets among them. The operator takes
// no level above 5.
type withoutBodies struct{ next io.Writer }

func (b withoutBodies) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(`"msg":"Request Body"`)) || bytes.Contains(line, []byte(`"msg":"Response Body"`)) {
		return len(line), nil
	}
	return b.next.Write(line)
}

// listen keeps what is asked of the API server, since a condition or an annotation may be there for a moment only.
func (env *leakEnvironment) listen(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		var body []byte
		if request.Body != nil {
			var err error
			if body, err = io.ReadAll(request.Body); err != nil {
				return nil, err
			}
			request = request.Clone(request.Context())
			request.Body = io.NopCloser(bytes.NewReader(body))
		}
		if strings.Contains(request.URL.Path, "/secrets") {
			body = nil
		}
		fmt.Fprintf(env.asked, "%s %s %s\n", request.Method, request.URL, body)
		return next.RoundTrip(request)
	})
}

// Alphabets of leak markers.
const (
	letters  = "abcdefghijklmnopqrstuvwxyz"
	capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits   = "0123456789"
	base32   = capitals + "234567"
	marks    = ` !"#$%&'()*+,-./:;<=>?@[\]^_{|}~` + "`"
	foreign  = "äöüßéñçøłжщюλωדשカナ한글🔑"
)

// random is a text of so many characters of an alphabet.
func random(alphabet string, length int) string {
	runes, drawn := []rune(alphabet), make([]byte, 4*length)
	// It never fails.
	_, _ = rand.Read(drawn)
	var text strings.Builder
	for i := range length {
		text.WriteRune(runes[(int(drawn[4*i])<<16+int(drawn[4*i+1])<<8+int(drawn[4*i+2]))%len(runes)])
	}
	return text.String()
}

// addMarker makes a value a leak marker, and returns it.
func (env *leakEnvironment) addMarker(name, value string) string {
	env.leakMarkers = append(env.leakMarkers, leakMarker{name: name, value: value})
	return value
}

// expectNoLeaks ends a story: it searches everything that the operator writes for each leak marker.
func (env *leakEnvironment) expectNoLeaks() {
	env.t.Helper()
	env.settle()
	if !strings.Contains(env.logs.String(), `"msg":"clerk write"`) || !strings.Contains(env.logs.String(), `"msg":"clerk call"`) {
		env.t.Error("the audit lines, or those of calls, were not captured")
	}
	search := newLeakSearch(env.leakMarkers)
	for place, said := range env.outputs() {
		if said == "" {
			env.t.Errorf("nothing was heard of %s", place)
		}
		for _, finding := range search.in(said) {
			env.t.Errorf("%s: %s", place, finding)
		}
	}
}

// outputs are all that the operator has said, by where.
func (env *leakEnvironment) outputs() map[string]string {
	env.t.Helper()
	places := map[string]string{
		"the logs":                       env.logs.String(),
		"requests to the API server":     env.asked.String(),
		"the operator's metrics":         exposed(env.t, env.metrics),
		"controller-runtime's metrics":   exposed(env.t, metrics.Registry),
		"the addresses of calls":         env.addresses(),
		"events":                         env.listed(&eventsv1.EventList{}),
		"ClerkInstances":                 env.listed(&v1alpha1.ClerkInstanceList{}),
		"ClerkUserActions":               env.listed(&v1alpha1.ClerkUserActionList{}),
		"ClerkUsers":                     env.listed(&v1alpha1.ClerkUserList{}),
		"what Secrets are labelled with": env.listed(&corev1.SecretList{}),
	}
	return places
}

// listed is what the API server has of a kind, with managedFields, less what a person has put there: private metadata of a
// spec, and what is in Secrets.
func (env *leakEnvironment) listed(list client.ObjectList) string {
	env.t.Helper()
	if err := env.client.List(env.t.Context(), list, client.InNamespace(env.namespace)); err != nil {
		env.t.Fatal(err)
	}
	switch list := list.(type) {
	case *v1alpha1.ClerkUserList:
		for i := range list.Items {
			list.Items[i].Spec.PrivateMetadata = nil
		}
	case *corev1.SecretList:
		for i := range list.Items {
			list.Items[i].Data = nil
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		env.t.Fatal(err)
	}
	return string(text)
}

// addresses are the methods, paths and queries of the calls to Clerk, which proxies write down.
func (env *leakEnvironment) addresses() string {
	var all strings.Builder
	for _, e := range env.clerk.Journal() {
		query, err := url.QueryUnescape(e.Query)
		if err != nil {
			env.t.Error(err)
		}
		fmt.Fprintf(&all, "%s %s?%s %s\n", e.Method, e.Path, e.Query, query)
	}
	return all.String()
}

// exposed is what a scrape of the metrics is answered with.
func exposed(t *testing.T, from prometheus.Gatherer) string {
	t.Helper()
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(from, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("the metrics are not to be had: %d", answer.Code)
	}
	return answer.Body.String()
}
