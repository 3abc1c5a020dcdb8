// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command pictures draws the panels of the dashboard, as SVG, one file a row, from the data of a Prometheus:
//
//	go -C hack/monitoring run ./pictures -prometheus http://127.0.0.1:9090 -from TIME -to TIME -scrape 1s -o ../../docs/images
//
// A panel without data is drawn with the text that Grafana shows. A panel that has no such text must have data.
package main

import (
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/api"
	apiv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/clerk-operator/clerk-operator/hack/monitoring/board"
)

const (
	columnWidth = 42.0
	lineHeight  = 32.0
	border      = 8.0
	points      = 150
)

func main() {
	address := flag.String("prometheus", "http://127.0.0.1:9090", "address of Prometheus")
	from := flag.String("from", "", "beginning, as RFC 3339; default: when the operator was first seen in the 15 minutes before the end")
	to := flag.String("to", "", "end, as RFC 3339; default: now")
	scrape := flag.Duration("scrape", time.Second, "time between two scrapes")
	output := flag.String("o", "", "directory for the pictures")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *address, *output, times{*from, *to, *scrape})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// times are what the flags say about the time.
type times struct {
	from, to string
	scrape   time.Duration
}

func (t times) window() (window, error) {
	w := window{to: time.Now().Truncate(time.Second)}
	var err error
	if t.to != "" {
		if w.to, err = time.Parse(time.RFC3339, t.to); err != nil {
			return w, fmt.Errorf("-to: %w", err)
		}
	}
	w.from = w.to.Add(-15 * time.Minute)
	if t.from != "" {
		if w.from, err = time.Parse(time.RFC3339, t.from); err != nil {
			return w, fmt.Errorf("-from: %w", err)
		}
	}
	if !w.from.Before(w.to) {
		return w, errors.New("-from must be before -to")
	}
	w.view.Scrape = t.scrape
	w.divide()
	return w, nil
}

// divide chooses the time between two points.
func (w *window) divide() {
	w.view.Range = w.to.Sub(w.from)
	w.view.Step = max(w.view.Range/points, w.view.Scrape, time.Second).Round(time.Second)
}

// beginWithTheOperator leaves out the time before the first scrape.
func (w *window) beginWithTheOperator(ctx context.Context, prometheus apiv1.API, scrape time.Duration) error {
	first := fmt.Sprintf("min(min_over_time(timestamp(clerk_operator_build_info)[%s:%s]))", model.Duration(w.to.Sub(w.from)), model.Duration(scrape))
	value, _, err := prometheus.Query(ctx, first, w.to)
	if err != nil {
		return fmt.Errorf("asking for the first scrape: %w", err)
	}
	if vector := value.(model.Vector); len(vector) == 1 {
		w.from = time.Unix(int64(vector[0].Value), 0)
		w.divide()
	}
	return nil
}

func run(ctx context.Context, address, output string, t times) error {
	w, err := t.window()
	if err != nil {
		return err
	}
	client, err := api.NewClient(api.Config{Address: address})
	if err != nil {
		return err
	}
	prometheus := apiv1.NewAPI(client)
	if t.from == "" {
		if err := w.beginWithTheOperator(ctx, prometheus, t.scrape); err != nil {
			return err
		}
	}
	if w.view.Known, err = w.known(ctx, prometheus); err != nil {
		return err
	}
	var empty []error
	for _, question := range board.Questions() {
		drawn, err := w.row(ctx, prometheus, question)
		empty = append(empty, err)
		if drawn == nil {
			continue
		}
		text, err := xml.Marshal(drawn) //nolint:musttag // the name of an element is a value
		if err != nil {
			return err
		}
		name := filepath.Join(output, "dashboard-"+question.Name+".svg")
		if err := os.WriteFile(name, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	return errors.Join(empty...)
}

// known are the values of the variables for which Grafana lists all values.
func (w window) known(ctx context.Context, prometheus apiv1.API) (map[string][]string, error) {
	jobs, _, err := prometheus.LabelValues(ctx, "job", []string{"clerk_operator_build_info"}, w.from, w.to)
	if err != nil {
		return nil, fmt.Errorf("asking for the jobs: %w", err)
	}
	if len(jobs) == 0 {
		return nil, errors.New("no job has the operator")
	}
	known := map[string][]string{}
	for _, job := range jobs {
		known["job"] = append(known["job"], string(job))
	}
	return known, nil
}

// row draws a question with its panels.
func (w window) row(ctx context.Context, prometheus apiv1.API, q board.Question) (*element, error) {
	const heading = 26
	places, height := board.Arrange(q.Panels)
	root := picture(24*columnWidth+2*border, float64(height)*lineHeight+heading+2*border, q.Title)
	root.add(write(border+2, border+16, "row", q.Title))
	var problems []error
	for i, p := range q.Panels {
		all, err := w.read(ctx, prometheus, p)
		if err != nil {
			return nil, err
		}
		if len(all) == 0 && p.Empty == "" {
			problems = append(problems, fmt.Errorf("%s: no data", p.Title))
		}
		x, y := border+float64(places[i].X)*columnWidth, border+heading+float64(places[i].Y)*lineHeight
		outside := area{x + 3, y + 3, float64(p.Width)*columnWidth - 6, float64(p.Height)*lineHeight - 6}
		root.add(w.panel(p, all, outside)...)
	}
	return root, errors.Join(problems...)
}

func (w window) panel(p board.Panel, all []series, a area) []*element {
	drawn := []*element{
		draw("rect", "class", "panel", "x", a.x, "y", a.y, "width", a.width, "height", a.height, "rx", 3),
		write(a.x+9, a.y+18, "title", fit(p.Title, a.width*0.8)),
	}
	inside := area{a.x + 9, a.y + 26, a.width - 18, a.height - 32}
	switch {
	case len(all) == 0:
		drawn = append(drawn, write(a.x+a.width/2, a.y+a.height/2+6, "middle", fit(p.Empty, a.width)))
	case p.Kind == board.Stat:
		drawn = append(drawn, numbers(p, all, inside)...)
	case p.Kind == board.Table:
		drawn = append(drawn, table(p, all, inside)...)
	case p.Kind == board.Timeline:
		drawn = append(drawn, w.timeline(p, all, inside)...)
	default:
		drawn = append(drawn, w.chart(p, all, inside)...)
	}
	return drawn
}
