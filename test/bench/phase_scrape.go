// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
)

// scrapesInARow is the number of scrapes in the phase scrape, so that their CPU time has hundredths of a second as unit.
const scrapesInARow = 300

// measureScrape scrapes the metrics of an idle operator again and again. Without scraping, there is no such phase.
func (env *environment) measureScrape(ctx context.Context) error {
	if env.scraper == nil {
		return nil
	}
	var scrapes *scrapeFigures
	err := env.measure(ctx, phaseScrape, scrapesInARow, func(ctx context.Context, p *phase) error {
		for range scrapesInARow {
			env.scraper.scrape(ctx)
		}
		scrapes = env.scraper.take()
		p.notef("%d scrapes one after another, with the operator at rest; figures per user are per scrape", scrapesInARow)
		return nil
	})
	if err != nil {
		return err
	}
	env.document.find(phaseScrape).Scrapes = scrapes
	if scrapes.Failed > 0 {
		return errors.New("phase scrape: scrapes of an idle operator failed")
	}
	return nil
}
