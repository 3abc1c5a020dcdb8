// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"sigs.k8s.io/yaml"
)

// Factor divides every duration in the rules for a run: a minute of a real installation takes half a second. The intervals of the
// ClerkInstances and of the scrapes in a run are as much shorter than usual, or shorter.
const Factor = 120

// ruleFile is a rule file of Prometheus, with the fields of rules as they are.
type ruleFile struct {
	Groups []ruleGroup `json:"groups"`
}

type ruleGroup struct {
	Name     string           `json:"name"`
	Interval string           `json:"interval,omitempty"`
	Rules    []map[string]any `json:"rules"`
}

// scaledRules returns a rule file whose alerts fire and end Factor times as fast, and its alerts with their "for" as it was.
func scaledRules(path string) (text []byte, alerts map[string]string, err error) {
	alerts = map[string]string{}
	original, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the rules: %w", err)
	}
	var file ruleFile
	if err := yaml.UnmarshalStrict(original, &file); err != nil {
		return nil, nil, fmt.Errorf("reading the rules in %s: %w", path, err)
	}
	for g := range file.Groups {
		file.Groups[g].Interval = model.Duration(scrapeInterval).String()
		for _, rule := range file.Groups[g].Rules {
			if name, isAlert := rule["alert"].(string); isAlert {
				alerts[name], _ = rule["for"].(string)
			}
			if err := scaleRule(rule); err != nil {
				return nil, nil, fmt.Errorf("scaling a rule in %s: %w", path, err)
			}
		}
	}
	text, err = yaml.Marshal(file)
	return text, alerts, err
}

// scaleRule divides the durations of one rule.
func scaleRule(rule map[string]any) error {
	for _, field := range []string{"for", "keep_firing_for"} {
		written, found := rule[field].(string)
		if !found {
			continue
		}
		scaled, err := scaledDuration(written)
		if err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
		rule[field] = scaled
	}
	expression, _ := rule["expr"].(string)
	scaled, err := scaledExpression(expression)
	rule["expr"] = scaled
	return err
}

// scaledExpression divides the ranges and offsets of an expression, and the seconds with which it compares an age, as in
// "time() - x > 3600".
func scaledExpression(expression string) (string, error) {
	var failed error
	scaled := regexp.MustCompile(`(\[|offset )([0-9][0-9a-z]*)`).ReplaceAllStringFunc(expression, func(found string) string {
		begin := len(found) - len(strings.TrimLeft(found, "[ofset "))
		duration, err := scaledDuration(found[begin:])
		failed = errors.Join(failed, err)
		return found[:begin] + duration
	})
	for at := range agesIn(scaled) {
		number := regexp.MustCompile(`^[<>]=?\s*([0-9]+)`).FindStringSubmatchIndex(scaled[at:])
		if number == nil {
			return "", fmt.Errorf("an age is compared with something other than a number of seconds: %s", expression)
		}
		begin, end := at+number[2], at+number[3]
		seconds, err := strconv.ParseFloat(scaled[begin:end], 64)
		failed = errors.Join(failed, err)
		scaled = scaled[:begin] + strconv.FormatFloat(seconds/Factor, 'f', -1, 64) + scaled[end:]
	}
	return scaled, failed
}

// agesIn yields, from the last to the first, the places of comparisons with "time() - …" on their left.
func agesIn(expression string) iter.Seq[int] {
	var places []int
	for _, now := range regexp.MustCompile(`time\(\)`).FindAllStringIndex(expression, -1) {
		depth := 0
		for at := now[1]; at < len(expression) && depth >= 0; at++ {
			switch expression[at] {
			case '(':
				depth++
			case ')':
				depth--
			case '<', '>':
				if depth == 0 {
					places = append(places, at)
					depth = -1
				}
			}
		}
	}
	slices.Reverse(places)
	return slices.Values(places)
}

// scaledDuration divides a duration, but not below two scrapes.
func scaledDuration(written string) (string, error) {
	duration, err := model.ParseDuration(written)
	if err != nil || duration == 0 {
		return written, err
	}
	return model.Duration(max(time.Duration(duration)/Factor, 2*scrapeInterval)).String(), nil
}
