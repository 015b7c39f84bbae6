resource "azurerm_mssql_database" "dwh" {
  lifecycle {
    prevent_destroy = true
  }
}
