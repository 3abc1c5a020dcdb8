// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// scrapeInterval is the time between two scrapes, and between two evaluations of the rules: a minute divided by Factor.
const scrapeInterval = time.Minute / Factor

// ErrNoPrometheus says that Prometheus is not installed.
var ErrNoPrometheus = errors.New(
	"there is no program named prometheus; install it, on Debian or Ubuntu with \"apt-get install --no-install-recommends prometheus\", or put the one of a release of Prometheus (2.42 or newer) into PATH")

// FindPrometheus returns the path of the program. Its error is ErrNoPrometheus if it is not in PATH.
func FindPrometheus() (string, error) {
	path, err := exec.LookPath("prometheus")
	if err != nil {
		return "", ErrNoPrometheus
	}
	return path, nil
}

// startPrometheus starts Prometheus with the documented scrape_config and the scaled rules.
func (env *Environment) startPrometheus(ctx context.Context) error {
	binary, err := FindPrometheus()
	if err != nil {
		return err
	}
	config, err := env.prometheusConfig()
	if err != nil {
		return err
	}
	path := env.path("prometheus.yml")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		return fmt.Errorf("configuring Prometheus: %w", err)
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	process, err := env.run("prometheus", binary,
		"--config.file="+path, "--storage.tsdb.path="+env.path("tsdb"), "--web.listen-address="+address, "--log.level=warn",
		// Without this hidden flag, the first scrape is 5 s after the start.
		"--scrape.discovery-reload-interval=500ms")
	if err != nil {
		return err
	}
	env.prometheusURL = "http://" + address
	client, err := api.NewClient(api.Config{Address: env.prometheusURL})
	if err != nil {
		return fmt.Errorf("connecting to Prometheus: %w", err)
	}
	env.prometheus = prometheusv1.NewAPI(client)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		<-process.Done()
		cancel(fmt.Errorf("Prometheus ended; its log is %s", env.LogPath("prometheus")))
	}()
	return env.await(ctx, "Prometheus to answer", func(ctx context.Context) error {
		_, err := env.prometheus.Runtimeinfo(ctx)
		return err
	})
}

// prometheusConfig returns the configuration: the scrape_config of docs/how-to/monitor.md for this control plane, and the rules.
func (env *Environment) prometheusConfig() ([]byte, error) {
	rules, alerts, err := scaledRules(env.Rules)
	if err != nil {
		return nil, err
	}
	env.alerts = alerts
	token, rulesPath := env.path("token"), env.path("rules.yaml")
	if err := errors.Join(os.WriteFile(token, []byte(env.readerToken), 0o600), os.WriteFile(rulesPath, rules, 0o600)); err != nil {
		return nil, fmt.Errorf("writing the files of Prometheus: %w", err)
	}
	job, err := documentedJob()
	if err != nil {
		return nil, err
	}
	job["authorization"] = map[string]any{"credentials_file": token}
	delete(job, "kubernetes_sd_configs")
	job["file_sd_configs"] = []any{map[string]any{"files": []string{env.path(targetsFile)}}}
	if err := env.writeTargets(env.replicas...); err != nil {
		return nil, err
	}
	return yaml.Marshal(map[string]any{
		"global": map[string]any{
			"scrape_interval": model.Duration(scrapeInterval).String(), "scrape_timeout": model.Duration(scrapeInterval).String(),
			"evaluation_interval": model.Duration(scrapeInterval).String(),
		},
		"rule_files":     []string{rulesPath},
		"scrape_configs": []any{job},
	})
}

// targetsFile is the file in which Prometheus finds what it scrapes. It reads the file again when it changes.
const targetsFile = "targets.json"

// writeTargets has Prometheus scrape replicas as it does after the discovery of their pods: Debian builds Prometheus without it.
func (env *Environment) writeTargets(replicas ...*replica) error {
	var targets []any
	for _, r := range replicas {
		targets = append(targets, map[string]any{"targets": []string{r.address}, "labels": map[string]string{
			"__meta_kubernetes_namespace":                        env.operatorNamespace(),
			"__meta_kubernetes_pod_name":                         r.name,
			"__meta_kubernetes_pod_label_app_kubernetes_io_name": "clerk-operator",
			"__meta_kubernetes_pod_container_port_name":          "metrics",
		}})
	}
	text, err := json.Marshal(targets)
	if err == nil {
		err = os.WriteFile(env.path(targetsFile), text, 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing the targets of Prometheus: %w", err)
	}
	return nil
}

// documentedJob returns the job of the scrape_config in docs/how-to/monitor.md. A run replaces the file of the token and the discovery
// of pods, and nothing else.
func documentedJob() (map[string]any, error) {
	root, err := assets.Root()
	if err != nil {
		return nil, err
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "how-to", "monitor.md"))
	if err != nil {
		return nil, fmt.Errorf("reading the documented scrape_config: %w", err)
	}
	for _, block := range regexp.MustCompile("(?s)```yaml[^\n]*\n(.*?)\n```").FindAllStringSubmatch(string(page), -1) {
		var config struct {
			Jobs []map[string]any `json:"scrape_configs"`
		}
		if !strings.HasPrefix(block[1], "scrape_configs:") {
			continue
		}
		if err := yaml.Unmarshal([]byte(block[1]), &config); err != nil || len(config.Jobs) != 1 {
			return nil, fmt.Errorf("the scrape_config in docs/how-to/monitor.md has %d jobs (%w), want 1", len(config.Jobs), err)
		}
		return config.Jobs[0], nil
	}
	return nil, errors.New("docs/how-to/monitor.md has no scrape_config")
}
