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
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// canaryWorld is a world that keeps all that its operator says, and whose Clerk tells what it was sent.
type canaryWorld struct {
	*world

	canaries []canary
	logs     *safeBuffer
	// asked is what the operator asked the API server for, less what it wrote into Secrets.
	asked *safeBuffer
}

// newCanaryWorld makes a world whose operator watches Secrets, logs everything, and has a key that is a canary.
func newCanaryWorld(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *canaryWorld {
	t.Helper()
	w := &canaryWorld{world: newWorld(t, change...), logs: &safeBuffer{}, asked: &safeBuffer{}}
	clerk := httptest.NewServer(echoing(t, contract.Enforce(t, w.server)))
	t.Cleanup(clerk.Close)
	w.url = clerk.URL
	// Short enough that nothing takes it for a credential because it is long.
	key := w.hide("the instance key", "sk_live_"+random(letters+capitals, 13))
	w.clerk.AddKey(key)
	w.setKey(key)
	w.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.APIURL = new(clerk.URL + "/v1") })
	w.logger = zap.New(zap.WriteTo(withoutBodies{w.logs}), func(o *zap.Options) {
		o.Level = zapcore.Level(-127)
		// Digits of a time could be taken for a code.
		o.EncoderConfigOptions = append(o.EncoderConfigOptions, func(c *zapcore.EncoderConfig) { c.TimeKey = zapcore.OmitKey })
	})
	w.config = rest.CopyConfig(w.config)
	w.config.Wrap(w.listen)
	w.tune = func(c *controller.Config) { c.WatchSecrets = true }
	return w
}

// withoutBodies leaves out what client-go logs of requests and answers from level 8 on, Secrets among them. The operator takes
// no level above 5.
type withoutBodies struct{ next io.Writer }

func (w withoutBodies) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(`"msg":"Request Body"`)) || bytes.Contains(line, []byte(`"msg":"Response Body"`)) {
		return len(line), nil
	}
	return w.next.Write(line)
}

// listen keeps what is asked of the API server, since a condition or an annotation may be there for a moment only.
func (w *canaryWorld) listen(next http.RoundTripper) http.RoundTripper {
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
		fmt.Fprintf(w.asked, "%s %s %s\n", request.Method, request.URL, body)
		return next.RoundTrip(request)
	})
}

// Alphabets of canaries.
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

// hide makes a value one that nobody may be told, and returns it.
func (w *canaryWorld) hide(name, value string) string {
	w.canaries = append(w.canaries, canary{name: name, value: value})
	return value
}

// tellsNothing ends a story: it looks for every canary wherever the operator speaks.
func (w *canaryWorld) tellsNothing() {
	w.t.Helper()
	w.settle()
	search := newCanarySearch(w.canaries)
	for place, said := range w.places() {
		if said == "" {
			w.t.Errorf("nothing was heard of %s", place)
		}
		for _, finding := range search.in(said) {
			w.t.Errorf("%s: %s", place, finding)
		}
	}
}

// places are all that the operator has said, by where.
func (w *canaryWorld) places() map[string]string {
	w.t.Helper()
	places := map[string]string{
		"the logs":                       w.logs.String(),
		"requests to the API server":     w.asked.String(),
		"the operator's metrics":         exposed(w.t, w.metrics),
		"controller-runtime's metrics":   exposed(w.t, metrics.Registry),
		"the addresses of calls":         w.addresses(),
		"events":                         w.listed(&eventsv1.EventList{}),
		"ClerkInstances":                 w.listed(&v1alpha1.ClerkInstanceList{}),
		"ClerkUserActions":               w.listed(&v1alpha1.ClerkUserActionList{}),
		"ClerkUsers":                     w.listed(&v1alpha1.ClerkUserList{}),
		"what Secrets are labelled with": w.listed(&corev1.SecretList{}),
	}
	return places
}

// listed is what the API server has of a kind, with managedFields, less what a person has put there: private metadata of a
// spec, and what is in Secrets.
func (w *canaryWorld) listed(list client.ObjectList) string {
	w.t.Helper()
	if err := w.client.List(w.t.Context(), list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
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
		w.t.Fatal(err)
	}
	return string(text)
}

// addresses are the methods, paths and queries of the calls to Clerk, which proxies write down.
func (w *canaryWorld) addresses() string {
	var all strings.Builder
	for _, e := range w.clerk.Journal() {
		query, err := url.QueryUnescape(e.Query)
		if err != nil {
			w.t.Error(err)
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
