// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// element is one of SVG.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []*element `xml:",any"`
}

// draw makes an element. Attributes are name and value by turns; a number has one decimal.
func draw(name string, attributes ...any) *element {
	e := &element{XMLName: xml.Name{Local: name}}
	for i := 0; i+1 < len(attributes); i += 2 {
		e.Attrs = append(e.Attrs, xml.Attr{Name: xml.Name{Local: fmt.Sprint(attributes[i])}, Value: attribute(attributes[i+1])})
	}
	return e
}

func attribute(value any) string {
	if number, ok := value.(float64); ok {
		return coordinate(number)
	}
	return fmt.Sprint(value)
}

func coordinate(number float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", number), ".0")
}

// write makes text. The place is that of its base line.
func write(x, y float64, class, text string) *element {
	e := draw("text", "x", x, "y", y, "class", class)
	e.Text = text
	return e
}

func (e *element) add(children ...*element) { e.Children = append(e.Children, children...) }

// style has the colors of light and of dark ground.
const style = `
svg{font-family:Inter,Roboto,"Helvetica Neue",Arial,sans-serif;font-size:11px}
.ground{fill:#f4f5f5}.panel{fill:#fff;stroke:#d8d9da}.grid{stroke:#e3e4e5;fill:none}
.row{font-size:15px;font-weight:600;fill:#24292e}.title{font-size:12px;font-weight:600;fill:#24292e}
.text{fill:#464c54}.right{fill:#464c54;text-anchor:end}.middle{fill:#6e7681;text-anchor:middle}.head{fill:#24292e;font-weight:600}
.plain{stroke:#464c54}.key{fill:#464c54}
.big{font-size:26px;font-weight:600;text-anchor:middle}.medium{font-size:15px;font-weight:600;text-anchor:middle}
@media (prefers-color-scheme:dark){
.ground{fill:#111217}.panel{fill:#181b1f;stroke:#2b2f36}.grid{stroke:#2b2f36}
.row,.title,.head{fill:#e6e8eb}.text,.right,.key{fill:#c7cbd1}.middle{fill:#9aa1ab}.plain{stroke:#c7cbd1}
}`

// picture is the SVG element with its style.
func picture(width, height float64, title string) *element {
	root := draw("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 "+coordinate(width)+" "+coordinate(height),
		"width", width, "height", height, "role", "img")
	name, css := draw("title"), draw("style")
	name.Text, css.Text = title, style
	root.add(name, css, draw("rect", "class", "ground", "width", width, "height", height))
	return root
}
