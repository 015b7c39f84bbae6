resource "azurerm_mssql_database" "dwh" {
  name = "x"

  lifecycle {
    prevent_destroy = true
  }
}
