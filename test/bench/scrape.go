// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/test/rights"
)

// scrapeFigures are the figures of the scrapes during a phase.
type scrapeFigures struct {
	// Count is the number of scrapes that were answered, Failed of those that were not, as while the operator restarts.
	Count  int `json:"count"`
	Failed int `json:"failed"`
	// Series, Bytes and SentBytes are the maximum of a scrape: its series, and its size before and after compression.
	Series    int `json:"series"`
	Bytes     int `json:"bytes"`
	SentBytes int `json:"sentBytes"`
	// Millis is the time from the request to the end of the answer.
	Millis *percentiles `json:"millis,omitempty"`
}

// scraper reads the operator's metrics as Prometheus does: with TLS, a token of a ServiceAccount that may read them, one connection,
// and compression.
type scraper struct {
	address, token string
	client         *http.Client

	mu      sync.Mutex
	figures scrapeFigures
	times   []time.Duration
}

// startScraper makes a ServiceAccount that may read metrics, if scraping is requested, and chooses the address of the metrics.
func (env *environment) startScraper(ctx context.Context) error {
	if env.scrape == 0 {
		return nil
	}
	_, reader, err := rights.ReadShipped(ctx, env.plane.Kubectl())
	if err != nil {
		return err
	}
	reader.Namespace, reader.Name = operatorNamespace, "prometheus"
	if err := reader.Create(ctx, env.plane.Config()); err != nil {
		return err
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: reader.Namespace, Name: reader.Name}}
	request := &authenticationv1.TokenRequest{}
	if err := env.client.SubResource("token").Create(ctx, account, request); err != nil {
		return fmt.Errorf("requesting a token for the scrapes: %w", err)
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	env.scraper = &scraper{address: address, token: request.Status.Token, client: &http.Client{
		Timeout: env.scrape,
		Transport: &http.Transport{
			TLSClientConfig:    &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the operator makes its certificate itself
			DisableCompression: true,                                  // so that the size of what was sent is known
		},
	}}
	go func() {
		for pause(ctx, env.scrape) == nil {
			env.scraper.scrape(ctx)
		}
	}()
	return nil
}

// metricsAddress is the value of the operator's flag.
func (env *environment) metricsAddress() string {
	if env.scraper == nil {
		return "0"
	}
	return env.scraper.address
}

// scrape reads the metrics once, and adds it to the figures.
func (s *scraper) scrape(ctx context.Context) {
	began := time.Now()
	sent, text, err := s.get(ctx)
	took := time.Since(began)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.figures.Failed++
		return
	}
	s.times = append(s.times, took)
	s.figures.Count++
	s.figures.SentBytes = max(s.figures.SentBytes, sent)
	s.figures.Bytes = max(s.figures.Bytes, len(text))
	s.figures.Series = max(s.figures.Series, seriesIn(text))
}

// get returns the size of the answer as it was sent, and its text.
func (s *scraper) get(ctx context.Context) (sent int, text []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+s.address+"/metrics", nil)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("Accept", "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
	answer, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return 0, nil, fmt.Errorf("reading the metrics: %s: %w", answer.Status, err)
	}
	if answer.Header.Get("Content-Encoding") != "gzip" {
		return len(body), body, nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("unpacking the metrics: %w", err)
	}
	text, err = io.ReadAll(unpacked)
	return len(body), text, err
}

// seriesIn returns the number of series in the text of a scrape.
func seriesIn(text []byte) int {
	series := 0
	for line := range bytes.Lines(text) {
		if line[0] != '#' && line[0] != '\n' {
			series++
		}
	}
	return series
}

// take returns the figures since the last call; nil without a scraper.
func (s *scraper) take() *scrapeFigures {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	figures := s.figures
	figures.Millis = percentilesOf(s.times)
	s.figures, s.times = scrapeFigures{}, nil
	return &figures
}

// freeAddress returns an address of this machine at which nobody listens.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
