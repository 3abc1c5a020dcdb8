// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import (
	"maps"
	"slices"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// render makes the panel of Grafana, without id and place.
func render(p Panel) *dashboard.Panel {
	panel := dashboard.NewPanel()
	panel.Title, panel.Description, panel.Datasource = &p.Title, &p.Description, source()
	panel.Transparent, panel.RepeatDirection = nil, nil
	for i, query := range p.Queries {
		panel.Targets = append(panel.Targets, targetOf(p.Kind, i, query))
	}
	for _, alert := range p.Alerts {
		panel.Links = append(panel.Links, link("Runbook of "+alert, repository+"docs/operations.md#"+strings.ToLower(alert)))
	}
	config := dashboard.NewFieldConfigSource()
	defaults := &config.Defaults
	if p.Unit != "" {
		defaults.Unit = &p.Unit
	}
	if p.Empty != "" {
		defaults.NoValue = &p.Empty
	}
	defaults.Thresholds, defaults.Mappings = thresholds(p.Steps), mappings(p.States)
	defaults.Color = &dashboard.FieldColor{Mode: dashboard.FieldColorModeIdThresholds}
	config.Overrides = overrides(p)
	panel.FieldConfig = config
	switch p.Kind {
	case Stat:
		panel.Type, panel.Options = "stat", statOptions()
	case Timeline:
		panel.Type, panel.Options = "state-timeline", timelineOptions()
		defaults.Custom = &statetimeline.FieldConfig{FillOpacity: new(uint32(70)), LineWidth: new(uint32(0))}
	case Table:
		panel.Type, panel.Options = "table", tableOptions()
		panel.Transformations = transformations(p)
	default:
		panel.Type, panel.Options = "timeseries", seriesOptions()
		defaults.Color.Mode = dashboard.FieldColorModeIdPaletteClassic
		defaults.Min, defaults.Custom = new(0.0), seriesStyle(p)
	}
	return panel
}

// RefID is the letter by which Grafana names a query of a panel.
func RefID(index int) string { return "ABCDEFGH"[index : index+1] }

// targetOf is a query. What is a value of now is asked for now: the last value of a range may be old.
func targetOf(kind Kind, index int, q Query) variants.Dataquery {
	query := prometheus.NewDataquery()
	query.RefId, query.Expr, query.Datasource = new(RefID(index)), q.Expr, source()
	query.EditorMode = new(prometheus.QueryEditorModeCode)
	now := kind == Stat || kind == Table
	query.Instant, query.Range = &now, new(!now)
	query.Format = new(prometheus.PromQueryFormatTimeSeries)
	if kind == Table {
		query.Format = new(prometheus.PromQueryFormatTable)
	} else {
		query.LegendFormat = &q.Legend
	}
	return query
}

// thresholds are the steps; without any, one color for all values.
func thresholds(steps []Step) *dashboard.ThresholdsConfig {
	config := &dashboard.ThresholdsConfig{Mode: dashboard.ThresholdsModeAbsolute}
	if len(steps) == 0 {
		steps = []Step{{0, good}}
	}
	for i, step := range steps {
		threshold := dashboard.Threshold{Color: step.Color}
		if i > 0 {
			threshold.Value = &step.From
		}
		config.Steps = append(config.Steps, threshold)
	}
	return config
}

func mappings(states map[string]State) []dashboard.ValueMapping {
	if len(states) == 0 {
		return nil
	}
	mapping := dashboard.NewValueMap()
	for i, value := range slices.Sorted(maps.Keys(states)) {
		state := states[value]
		mapping.Options[value] = dashboard.ValueMappingResult{Text: &state.Text, Color: &state.Color, Index: new(int32(i))}
	}
	return []dashboard.ValueMapping{{ValueMap: mapping}}
}

// overrides color series and give columns of tables their units.
func overrides(p Panel) []dashboard.DashboardFieldConfigSourceOverrides {
	list := []dashboard.DashboardFieldConfigSourceOverrides{}
	for _, color := range p.Colors {
		properties := []dashboard.DynamicConfigValue{{Id: "color", Value: map[string]any{"mode": "fixed", "fixedColor": color.Color}}}
		if color.Dashed {
			properties = append(properties,
				dashboard.DynamicConfigValue{Id: "custom.lineStyle", Value: map[string]any{"fill": "dash", "dash": []int{8, 8}}},
				dashboard.DynamicConfigValue{Id: "custom.fillOpacity", Value: 0},
				dashboard.DynamicConfigValue{Id: "custom.stacking", Value: map[string]any{"mode": "none", "group": "A"}},
			)
		}
		list = append(list, dashboard.DashboardFieldConfigSourceOverrides{
			Matcher: dashboard.MatcherConfig{Id: "byRegexp", Options: "/^(?:" + color.Series + ")$/"}, Properties: properties,
		})
	}
	for _, column := range p.Columns {
		if column.Unit != "" {
			list = append(list, dashboard.DashboardFieldConfigSourceOverrides{
				Matcher:    dashboard.MatcherConfig{Id: "byName", Options: column.Title},
				Properties: []dashboard.DynamicConfigValue{{Id: "unit", Value: column.Unit}},
			})
		}
	}
	return list
}

// transformations make one table of all queries, with the columns of the panel in their order.
func transformations(p Panel) []dashboard.DataTransformerConfig {
	var names []string
	rename, index := map[string]string{}, map[string]int{}
	for i, column := range p.Columns {
		names = append(names, column.Label)
		rename[column.Label], index[column.Label] = column.Title, i
	}
	return []dashboard.DataTransformerConfig{
		{Id: "merge", Options: map[string]any{}},
		{Id: "filterFieldsByName", Options: map[string]any{"include": map[string]any{"names": names}}},
		{Id: "organize", Options: map[string]any{
			"renameByName": rename, "indexByName": index, "excludeByName": map[string]bool{},
		}},
	}
}

func statOptions() *stat.Options {
	options := stat.NewOptions()
	options.GraphMode, options.ColorMode = common.BigValueGraphModeNone, common.BigValueColorModeValue
	options.ReduceOptions = common.ReduceDataOptions{Calcs: []string{"lastNotNull"}, Values: new(false), Fields: new("")}
	options.TextMode, options.JustifyMode = common.BigValueTextModeAuto, common.BigValueJustifyModeAuto
	options.Orientation = common.VizOrientationAuto
	return options
}

func timelineOptions() *statetimeline.Options {
	options := statetimeline.NewOptions()
	options.ShowValue, options.MergeValues, options.RowHeight = common.VisibilityModeNever, new(true), 0.8
	options.Legend = common.VizLegendOptions{
		DisplayMode: common.LegendDisplayModeList, Placement: common.LegendPlacementBottom, ShowLegend: true, Calcs: []string{},
	}
	options.Tooltip = common.VizTooltipOptions{Mode: common.TooltipDisplayModeSingle, Sort: common.SortOrderNone}
	return options
}

func tableOptions() *table.Options {
	options := table.NewOptions()
	options.ShowHeader, options.CellHeight, options.Footer = true, new(common.TableCellHeightSm), nil
	return options
}

func seriesOptions() *timeseries.Options {
	options := timeseries.NewOptions()
	options.Legend = common.VizLegendOptions{
		DisplayMode: common.LegendDisplayModeTable, Placement: common.LegendPlacementBottom, ShowLegend: true,
		Calcs: []string{"lastNotNull", "max"},
	}
	options.Tooltip = common.VizTooltipOptions{Mode: common.TooltipDisplayModeMulti, Sort: common.SortOrderDescending}
	return options
}

// seriesStyle draws thresholds as lines where there are several, and connects nothing over a gap: a gap is a time without data.
func seriesStyle(p Panel) *timeseries.FieldConfig {
	style := timeseries.NewFieldConfig()
	style.DrawStyle, style.LineWidth, style.FillOpacity = new(common.GraphDrawStyleLine), new(1.0), new(5.0)
	style.ShowPoints, style.SpanNulls = new(common.VisibilityModeAuto), &common.BoolOrFloat64{Bool: new(false)}
	if p.Kind == Stacked {
		style.FillOpacity = new(40.0)
		style.Stacking = &common.StackingConfig{Mode: new(common.StackingModeNormal), Group: new("A")}
	}
	if len(p.Steps) > 1 {
		style.ThresholdsStyle = &common.GraphThresholdsStyleConfig{Mode: common.GraphThresholdsStyleModeDashed}
	}
	return style
}
