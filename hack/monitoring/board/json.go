// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

const (
	// UID is the stable id of the dashboard: links to it, and a second import, find the same one.
	UID = "clerk-operator"
	// schemaVersion is that of Grafana 10.0. Newer versions of Grafana migrate it.
	schemaVersion = 38
	// columns is the width of Grafana's grid.
	columns = 24
	// repository is where the documentation is that the dashboard links to.
	repository = "https://github.com/clerk-operator/clerk-operator/blob/main/"
)

// JSON is the dashboard as Grafana imports it. It is the same for the same description.
func JSON() ([]byte, error) {
	built, err := Dashboard()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(built); err != nil {
		return nil, fmt.Errorf("encoding the dashboard: %w", err)
	}
	return text.Bytes(), nil
}

// Dashboard renders the questions.
//
//nolint:staticcheck // Grafana 10 and 11 do not know the newer type
func Dashboard() (dashboard.Dashboard, error) {
	board := dashboard.NewDashboard()
	board.Uid, board.Title = new(UID), new("clerk-operator")
	board.Description = new("Users of Clerk that clerk-operator keeps as declared: one row for each question.")
	board.Tags = []string{"clerk-operator", "kubernetes"}
	board.SchemaVersion = schemaVersion
	board.GraphTooltip = new(dashboard.DashboardCursorSyncCrosshair)
	board.Time = &dashboard.DashboardDashboardTime{From: "now-6h", To: "now"}
	board.Refresh = new("1m")
	board.Timezone = new("browser")
	board.Templating.List = variables()
	board.Links = []dashboard.DashboardLink{
		link("Runbooks", repository+"docs/operations.md"), link("Metrics", repository+"docs/reference/metrics.md"),
	}
	var id, y uint32
	for _, q := range Questions() {
		id++
		board.Panels = append(board.Panels, dashboard.PanelOrRowPanel{RowPanel: row(q, id, y)})
		places, height := Arrange(q.Panels)
		for i, p := range q.Panels {
			id++
			panel := render(p)
			panel.Id = new(id)
			panel.GridPos = &dashboard.GridPos{X: places[i].X, Y: y + 1 + places[i].Y, W: p.Width, H: p.Height}
			board.Panels = append(board.Panels, dashboard.PanelOrRowPanel{Panel: panel})
		}
		y += 1 + height
	}
	if err := board.Validate(); err != nil {
		return dashboard.Dashboard{}, fmt.Errorf("validating the dashboard: %w", err)
	}
	return *board, nil
}

func row(q Question, id, y uint32) *dashboard.RowPanel {
	row := dashboard.NewRowPanel()
	row.Title, row.Id = &q.Title, id
	row.GridPos = &dashboard.GridPos{X: 0, Y: y, W: columns, H: 1}
	return row
}

func link(title, url string) dashboard.DashboardLink {
	l := dashboard.NewDashboardLink()
	l.Title, l.Type, l.Url, l.TargetBlank, l.Icon = title, dashboard.DashboardLinkTypeLink, &url, true, "doc"
	l.Placement = nil // Grafana 12 knows another place than above the panels
	return *l
}

// source is the data source that the person chose.
func source() *common.DataSourceRef {
	return &common.DataSourceRef{Type: new("prometheus"), Uid: new("${datasource}")}
}
