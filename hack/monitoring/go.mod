// The program that builds the Grafana dashboard, its checks and its pictures. It has a module of its own, so that the operator does
// not depend on its libraries.
module github.com/clerk-operator/clerk-operator/hack/monitoring

go 1.26.0

require github.com/grafana/grafana-foundation-sdk/go v0.0.22
